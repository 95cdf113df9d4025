using System.Text.Json;
using Dfu.Server.Console.About;

namespace Dfu.Cli.Tests;

public sealed class LicencesTests
{
    [Fact]
    public void Whatever_is_shipped_is_told_with_its_licence_and_nothing_else()
    {
        using var built = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "dfu.deps.json")));
        var shipped = built.RootElement.GetProperty("libraries").EnumerateObject()
            .Where(static library => library.Value.GetProperty("type").GetString() == "package").Select(static library => library.Name.Split('/')[0]);
        Assert.Equal(
            shipped.Order(StringComparer.OrdinalIgnoreCase),
            Licences.All.SelectMany(static group => group).Order(StringComparer.OrdinalIgnoreCase));
    }
}
