using Dfu.Silo.Serve;
using Microsoft.Extensions.Logging;

namespace Dfu.Cluster.Tests.Silos;

public sealed class ServerLogTests
{
    [Theory]
    [InlineData("the storage failed\r\nExc level 0: NpgsqlException\n   at Npgsql.Read()", "the storage failed")]
    [InlineData("\nthe storage failed \n \nExc level 0", "the storage failed")]
    [InlineData("the storage failed", "the storage failed")]
    [InlineData("", "")]
    public void Of_an_error_operators_get_what_happened_and_no_stack_trace(string message, string told)
    {
        var lines = new List<string>();
        using var log = new ServerLog(lines.Add);
        log.CreateLogger("Dfu.Grains").Log(LogLevel.Error, default, "a radio stops", new InvalidOperationException(message), static (text, _) => text);
        Assert.Equal($"Dfu.Grains: a radio stops InvalidOperationException: {told}", Assert.Single(lines));
    }
}
