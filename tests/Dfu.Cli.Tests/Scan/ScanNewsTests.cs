using Dfu.Cli.Scan;
using Dfu.Fleet.Scan;
using Dfu.Silo.Scan;

namespace Dfu.Cli.Tests.Scan;

public sealed class ScanNewsTests
{
    private static readonly DateTimeOffset T0 = DateTimeOffset.UnixEpoch;
    private readonly UnitTable _table = new();
    private readonly ScanNews _news = new();

    private string News(double at) => string.Join(' ', _news.Devices(_table.Units(T0.AddSeconds(at))).Select(static news => $"{news.What} {news.Unit.Name}"));

    [Fact]
    public void Who_comes_changes_and_leaves_is_told_once()
    {
        _table.Hear(0, ScanTableTests.Heard(1, "Sensor"), T0);
        Assert.Equal("heard Sensor", News(0));
        _table.Hear(0, ScanTableTests.Heard(1, "Sensor", rssi: -40), T0.AddSeconds(1));
        Assert.Equal("", News(1));
        _table.Hear(0, ScanTableTests.Heard(1, "DFU543201"), T0.AddSeconds(2));
        Assert.Equal("changed DFU543201", News(2));
        Assert.Equal("gone DFU543201", News(13));
        Assert.Equal("", News(14));
        _table.Hear(0, ScanTableTests.Heard(1, "Sensor"), T0.AddSeconds(15));
        Assert.Equal("heard Sensor", News(15));
    }

    [Fact]
    public void Radios_that_work_are_no_news()
    {
        Assert.Empty(Radio(ScanRadioState.Opening));
        Assert.Empty(Radio(ScanRadioState.Listening));
        Assert.Single(Radio(ScanRadioState.Lost));
        Assert.Empty(Radio(ScanRadioState.Lost));
        Assert.Single(Radio(ScanRadioState.Listening));

        IEnumerable<ScanRadio> Radio(ScanRadioState state) => [.. _news.Radios(new([], [new("r", state, "")], TimeSpan.Zero))];
    }
}
