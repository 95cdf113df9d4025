using Dfu.Adapters.BlueZ.Doctor;

namespace Dfu.Adapters.BlueZ.Tests.Doctor;

public sealed class MainConfTests
{
    // Each was given to GLib 2.74.
    [Theory]
    [InlineData("[GATT]\nCache=no", "no")]
    [InlineData("  [GATT] \r\n\tCache =  no\r\n", "no")]
    [InlineData("[GATT]\nCache = no \n", "no ")]
    [InlineData("[GATT]\n#Cache = no", null)]
    [InlineData("[General]\nCache = no", null)]
    [InlineData("[GATT]\nCache = yes\n[GATT]\nCache = no", "no")]
    [InlineData("[GATT]\nCache=no # or yes", "no # or yes")]
    public void Keys_are_read_as_GLib_reads_them(string text, string? value)
    {
        var conf = MainConf.Parse(text);
        Assert.Equal((value, null), (conf["GATT", "Cache"], conf.BadLine));
    }

    [Theory]
    [InlineData("Cache = no\n[GATT]\nCache = no", 1)]
    [InlineData("[GATT]\nCache = no\nCache", 3)]
    [InlineData("[GATT]\n\n=no\nCache = no", 3)]
    [InlineData("[GATT]\n;Cache\nCache = no", 2)]
    [InlineData("[GATT\nCache = no", 1)]
    [InlineData("[GATT] # cache\nCache = no", 1)]
    [InlineData("[]\n[GATT]\nCache = no", 1)]
    [InlineData("[A[B]\n[GATT]\nCache = no", 1)]
    public void One_line_that_is_none_spoils_the_whole_file_as_it_does_for_bluetoothd(string text, int line)
    {
        var conf = MainConf.Parse(text);
        Assert.Equal((null, line), (conf["GATT", "Cache"], conf.BadLine));
    }

    [Theory]
    [InlineData("300", 300)]
    [InlineData("-1", -1)]
    [InlineData("+300", 300)]
    [InlineData("300 # seconds", 300)]
    [InlineData("300s", null)]
    [InlineData("0x10", null)]
    [InlineData("", null)]
    [InlineData("99999999999", null)]
    public void Only_a_number_is_a_number(string text, int? value) =>
        Assert.Equal(value, MainConf.Parse($"[General]\nTemporaryTimeout = {text}").Number("General", "TemporaryTimeout"));

    [Theory]
    [InlineData("false ", false)]
    [InlineData("1", true)]
    [InlineData("no", null)]
    public void Only_a_boolean_is_a_boolean(string text, bool? value) =>
        Assert.Equal(value, MainConf.Parse($"[Policy]\nAutoEnable = {text}").Flag("Policy", "AutoEnable"));
}
