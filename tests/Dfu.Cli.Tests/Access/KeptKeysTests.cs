using Dfu.Cli.Access;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Tests.Access;

public sealed class KeptKeysTests : IDisposable
{
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("dfu-home-");

    private KeptKeys Keys => new(Path.Combine(_home.FullName, "dfu"));

    public void Dispose() => _home.Delete(true);

    [Fact]
    public void Each_server_has_a_key_of_its_own_until_it_is_forgotten()
    {
        Assert.Null(Keys.For(new("https://a.example:5280/")));
        Keys.Keep(new("https://A.example:5280"), "dfu_one");
        Keys.Keep(new("https://b.example/"), "dfu_two");
        Keys.Keep(new("https://b.example/"), "dfu_three");
        Assert.Equal("dfu_one", Keys.For(new("https://a.example:5280/")));
        Assert.Equal("dfu_three", Keys.For(new("https://b.example")));
        Assert.Null(Keys.For(new("http://b.example/")));
        Assert.Null(Keys.For(new("https://b.example:444/")));
        Assert.True(Keys.Forget(new("https://a.example:5280")));
        Assert.False(Keys.Forget(new("https://a.example:5280")));
        Assert.Null(Keys.For(new("https://a.example:5280/")));
        Assert.Equal(["access-keys.json"], Directory.GetFiles(Path.Combine(_home.FullName, "dfu")).Select(Path.GetFileName));
    }

    [Fact]
    public void Nobody_else_reads_them_and_where_others_could_they_are_not_used()
    {
        if (OperatingSystem.IsWindows()) return;
        Keys.Keep(new("https://a.example/"), "dfu_one");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(Keys.File)!));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Keys.File));
        File.SetUnixFileMode(Keys.File, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var refused = Assert.Throws<DfuException>(() => Keys.For(new("https://a.example/")));
        Assert.Contains($"chmod 600 {Keys.File}", refused.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("dfu_one", refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dfu_secret, not JSON")]
    [InlineData("[\"dfu_secret\"]")]
    public void A_damaged_file_is_refused_without_what_it_holds(string content)
    {
        Keys.Keep(new("https://a.example/"), "dfu_one");
        File.WriteAllText(Keys.File, content);
        var refused = Assert.Throws<DfuException>(() => Keys.For(new("https://a.example/")));
        Assert.Contains(Keys.File, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("90d", 90.0)]
    [InlineData("12h", 0.5)]
    [InlineData("3650d", 3650.0)]
    [InlineData(" 1D ", 1.0)]
    [InlineData("never", null)]
    public void A_key_lives_for_days_or_hours_or_for_ever(string text, double? days)
    {
        Assert.True(KeyLife.TryParse(text, out var life));
        Assert.Equal(days, life!.Time?.TotalDays);
    }

    [Theory]
    [InlineData("")]
    [InlineData("d")]
    [InlineData("90")]
    [InlineData("0d")]
    [InlineData("-1d")]
    [InlineData("3651d")]
    [InlineData("9dh")]
    [InlineData("1.5d")]
    [InlineData("99999999999d")]
    public void What_is_no_such_time_is_refused(string text) => Assert.False(KeyLife.TryParse(text, out _));
}
