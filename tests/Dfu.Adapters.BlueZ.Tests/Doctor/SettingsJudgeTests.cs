using Dfu.Adapters.BlueZ.Doctor;

namespace Dfu.Adapters.BlueZ.Tests.Doctor;

public sealed class SettingsJudgeTests
{
    [Theory]
    [InlineData("", "Cache", Verdict.Hint, "/etc/bluetooth/main.conf, [GATT]: Cache = no")]
    [InlineData("[GATT]\nCache = always", "Cache", Verdict.Hint, "/etc/bluetooth/main.conf, [GATT]: Cache = no")]
    [InlineData("[GATT]\nCache=yes", "Cache", Verdict.Hint, "/etc/bluetooth/main.conf, [GATT]: Cache = no")]
    [InlineData("[GATT]\nCache=no", "Cache", Verdict.Ok, "")]
    [InlineData("[GATT]\nCache=no ", "Cache", Verdict.Hint, "/etc/bluetooth/main.conf, [GATT]: Cache = no")]
    [InlineData("[GATT]\nCache=no\njunk", "Cache", Verdict.Hint, "/etc/bluetooth/main.conf, [GATT]: Cache = no")]
    [InlineData(
        "[GATT]\nCache=no\njunk", "main.conf", Verdict.Hint,
        "/etc/bluetooth/main.conf, line 3: a heading like [General], 'key = value' below one, or # before it")]
    [InlineData("[General]\nCache=no", "Cache", Verdict.Hint, "/etc/bluetooth/main.conf, [GATT]: Cache = no")]
    [InlineData("", "TemporaryTimeout", Verdict.Hint, "/etc/bluetooth/main.conf, [General]: TemporaryTimeout = 300")]
    [InlineData("[General]\nTemporaryTimeout = 119", "TemporaryTimeout", Verdict.Hint, "/etc/bluetooth/main.conf, [General]: TemporaryTimeout = 300")]
    [InlineData("[General]\nTemporaryTimeout = 120", "TemporaryTimeout", Verdict.Ok, "")]
    [InlineData("[General]\nTemporaryTimeout = 0", "TemporaryTimeout", Verdict.Ok, "")]
    [InlineData("", "ExchangeMTU", Verdict.Ok, "")]
    [InlineData("[GATT]\nExchangeMTU = 247", "ExchangeMTU", Verdict.Ok, "")]
    [InlineData("[GATT]\nExchangeMTU = 185", "ExchangeMTU", Verdict.Hint, "/etc/bluetooth/main.conf, [GATT]: ExchangeMTU = 517")]
    [InlineData("[GATT]\nExchangeMTU = 23", "ExchangeMTU", Verdict.Problem, "/etc/bluetooth/main.conf, [GATT]: ExchangeMTU = 517")]
    [InlineData("", "Channels", Verdict.Ok, "")]
    [InlineData("[GATT]\nChannels = 5", "Channels", Verdict.Ok, "")]
    [InlineData("[General]\nControllerMode = bredr", "ControllerMode", Verdict.Problem, "/etc/bluetooth/main.conf, [General]: ControllerMode = dual")]
    [InlineData("[Policy]\nAutoEnable=false", "AutoEnable", Verdict.Hint, "/etc/bluetooth/main.conf, [Policy]: AutoEnable = true")]
    internal void A_setting_that_hurts_has_the_line_to_change(string settings, string topic, Verdict verdict, string remedy)
    {
        var finding = Facts.Of(Facts.With(settings), topic);
        Assert.Equal((verdict, remedy), (finding.Verdict, finding.Remedy));
        Assert.Equal(verdict != Verdict.Problem, Judge.Of(Facts.With(settings)).Usable);
    }

    [Theory]
    [InlineData("[General]\nControllerMode = le", "ControllerMode")]
    [InlineData("[Policy]\nAutoEnable=true", "AutoEnable")]
    [InlineData("", "AutoEnable")]
    public void A_harmless_setting_is_not_mentioned(string settings, string topic) =>
        Assert.DoesNotContain(Judge.Of(Facts.With(settings)).Findings, finding => finding.Topic == topic);

    [Theory]
    [InlineData("", Verdict.Hint, "420 ms")]
    [InlineData("[LE]\nConnectionSupervisionTimeout=199\nMaxConnectionInterval=12", Verdict.Hint, "1990 ms")]
    [InlineData("[LE]\nConnectionSupervisionTimeout=400", Verdict.Hint, "slow")]
    [InlineData("[LE]\nConnectionSupervisionTimeout=400\nMaxConnectionInterval=25", Verdict.Hint, "slow")]
    [InlineData("[LE]\nConnectionSupervisionTimeout=400\nMaxConnectionInterval=12", Verdict.Ok, "up to 15 ms, given up after 4000 ms")]
    internal void Connection_parameters_matter_where_we_may_not_set_them(string settings, Verdict verdict, string what)
    {
        var finding = Facts.Of(Facts.With(settings) with { Process = new("pi", true, false, true) }, "connection");
        Assert.Equal(verdict, finding.Verdict);
        Assert.Contains(what, finding.Text, StringComparison.Ordinal);
        Assert.Equal(Verdict.Ok, Facts.Of(Facts.With(settings), "connection").Verdict);
    }

    [Fact]
    public void A_missing_file_is_the_defaults() =>
        Assert.Equal(Verdict.Hint, Facts.Of(Facts.Good with { Settings = null }, "Cache").Verdict);
}
