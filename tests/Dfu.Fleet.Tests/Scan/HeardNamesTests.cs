using Dfu.Fleet.Scan;

namespace Dfu.Fleet.Tests.Scan;

public sealed class HeardNamesTests
{
    private readonly HeardNames _names = new();
    private ulong _next;

    private void Hear(string name, int times = 1, bool isLegacy = false)
    {
        for (var i = 0; i < times; i++) _names.Hear(new(_next++), name, isLegacy);
    }

    [Fact]
    public void The_most_frequent_come_first_and_the_rest_is_counted()
    {
        Hear("Sensor 2");
        Hear("DfuTarg", 3);
        Hear("Sensor 1");
        Assert.Equal("DfuTarg (3), Sensor 1 and Sensor 2", _names.Describe("Foo*"));
        for (var i = 0; i < 12; i++) Hear($"X{i:00}");
        Hear("", 4);
        Assert.Equal("DfuTarg (3), Sensor 1, Sensor 2, X00, X01, X02, X03, X04, X05, X06, 5 more and 4 without a name", _names.Describe("Foo*"));
    }

    [Fact]
    public void A_name_that_differs_by_case_only_comes_before_all_others()
    {
        Hear("DfuTarg", 3);
        Hear("Sensor 1");
        Hear("SENSOR 2");
        Assert.Equal("SENSOR 2 and Sensor 1 (upper and lower case count); DfuTarg (3)", _names.Describe("sensor*"));
    }

    [Fact]
    public void Nobody_is_nothing()
    {
        Assert.Equal("", _names.Describe("*"));
        Hear("   ");
        Assert.Equal("1 without a name", _names.Describe("Foo"));
    }

    [Fact]
    public void A_device_whose_name_comes_in_a_packet_of_its_own_counts_by_it()
    {
        _names.Hear(new(1), "", isLegacy: true);
        _names.Hear(new(1), "DfuTarg", isLegacy: false);
        _names.Hear(new(1), "", isLegacy: false);
        Assert.Equal("DfuTarg (legacy DFU)", _names.Describe("Foo"));
    }

    [Fact]
    public void Legacy_bootloaders_are_told_from_those_of_the_same_name()
    {
        Hear("DfuTarg", 2, isLegacy: true);
        Hear("DfuTarg");
        Hear("Old", isLegacy: true);
        Assert.Equal("DfuTarg (2, legacy DFU), DfuTarg and Old (legacy DFU)", _names.Describe("Foo"));
    }

    [Fact]
    public void The_same_device_counts_once()
    {
        for (var i = 0; i < 3; i++) _names.Hear(new(1), "DfuTarg", isLegacy: false);
        Assert.Equal("DfuTarg", _names.Describe(null));
    }

    [Theory]
    [InlineData("\u001b[31mred\u001b[0m", "?[31mred?[0m")]
    [InlineData("\u001b]0;title\u0007", "?]0;title?")]
    [InlineData("a\r\nb\u2028c\u0085d", "a??b?c?d")]
    [InlineData("\u202Eevil", "evil")]
    [InlineData("Küche 🌡", "Küche 🌡")]
    [InlineData("  padded ", "padded")]
    [InlineData("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…")]
    public void Names_are_fit_for_a_terminal(string name, string shown) => Assert.Equal(shown, HeardNames.ForPeople(name));

    [Fact]
    public void Any_number_of_names_makes_one_short_line()
    {
        for (var i = 0; i < 5000; i++) Hear($"\n{i}" + new string('x', 300));
        var line = _names.Describe("Foo*");
        Assert.InRange(line.Length, 10, 500);
        Assert.DoesNotContain('\n', line);
    }
}
