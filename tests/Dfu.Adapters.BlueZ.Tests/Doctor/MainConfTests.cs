using Dfu.Adapters.BlueZ.Doctor;

namespace Dfu.Adapters.BlueZ.Tests.Doctor;

public sealed class MainConfTests
{
    [Theory]
    [InlineData("[GATT]\nCache=no", "no")]
    [InlineData("  [GATT]\r\n\tCache =  no \r\n", "no")]
    [InlineData("[GATT]\n#Cache = no", null)]
    [InlineData("[General]\nCache = no", null)]
    [InlineData("Cache = no", null)]
    [InlineData("[GATT]\nCache", null)]
    [InlineData("[GATT]\n=no", null)]
    [InlineData("[GATT]\nCache = yes\n[GATT]\nCache = no", "no")]
    [InlineData("[\n]\n[]\n[GATT]\nCache=no # or yes", "no # or yes")]
    public void Keys_are_read_as_GLib_reads_them(string text, string? value) => Assert.Equal(value, MainConf.Parse(text)["GATT", "Cache"]);

    [Theory]
    [InlineData("300", 300)]
    [InlineData("-1", -1)]
    [InlineData("5 min", null)]
    [InlineData("99999999999", null)]
    public void Only_a_number_is_a_number(string text, int? value) => Assert.Equal(value, MainConf.Parse($"[General]\nTemporaryTimeout = {text}").Number("General", "TemporaryTimeout"));
}
