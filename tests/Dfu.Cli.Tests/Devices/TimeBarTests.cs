using Dfu.Cli.Devices;
using Dfu.Fleet.Devices;
using Spectre.Console;

namespace Dfu.Cli.Tests.Devices;

public sealed class TimeBarTests
{
    private static readonly TimeSpent Time = new() { Waiting = 10, Connecting = 2, Guard = 8, Air = 18, Saving = 0.1, Finishing = 1.9 };

    [Fact]
    public void Without_colours_letters_say_what_is_what_and_nothing_is_wider_than_the_terminal()
    {
        var lines = TimeBar.Lines(Time, 80, colours: false).ToList();
        Assert.Equal("  " + new string('.', 19) + "cccc" + new string('e', 15) + new string('#', 34) + "s" + "===", lines[0]);
        Assert.Equal(
            [
                "  .. waiting for an adapter        10.0 s   25 %",
                "  cc connecting                     2.0 s    5 %",
                "  ee waiting for erased flash       8.0 s   20 %",
                "  ## sending                       18.0 s   45 %",
                "  ss saving progress                0.1 s  0.3 %",
                "  == activating, verifying          1.9 s  4.8 %",
            ],
            lines.Skip(1));
        Assert.All(lines, line => Assert.InRange(line.Length, 1, 80));
    }

    [Fact]
    public void With_colours_each_part_has_its_own_and_the_legend_stands_in_two_columns_where_there_is_room()
    {
        var lines = TimeBar.Lines(Time, 100, colours: true).ToList();
        Assert.Equal(4, lines.Count);
        Assert.Equal(98, Markup.Remove(lines[0]).Length);
        Assert.All(lines, line => Assert.InRange(Markup.Remove(line).Length, 1, 100));
        Assert.Contains("[dodgerblue2]██[/] sending", lines[1], StringComparison.Ordinal);
        var styles = lines[0].Split('[').Where(part => part.Length > 0 && part[0] != '/').Select(part => part.Split(']')[0].Trim())
            .Where(style => style.Length > 0).ToList();
        Assert.Equal(6, styles.Distinct().Count());
    }

    [Fact]
    public void Every_part_of_a_bar_has_a_style_that_terminals_know_and_a_letter_of_its_own()
    {
        Assert.All(TimePart.All, part => Style.Parse(part.Colour));
        Assert.Equal(Enum.GetValues<TimeUse>(), TimePart.All.Select(part => part.Use));
        Assert.Equal(TimePart.All.Count, TimePart.All.Select(part => part.Letter).Distinct().Count());
    }

    [Fact]
    public void No_time_is_no_bar() => Assert.Empty(TimeBar.Lines(new(), 80, colours: true));

    [Theory]
    [InlineData(10, new double[] { 1000, 1, 1, 1 })]
    [InlineData(3, new double[] { 1, 1, 1 })]
    [InlineData(76, new double[] { 0.01, 50, 0.01, 20, 30 })]
    public void Cells_are_shared_in_proportion_and_none_goes_empty(int room, double[] seconds)
    {
        var cells = TimeBar.Share(seconds, room);
        Assert.Equal(room, cells.Sum());
        Assert.All(cells, cell => Assert.InRange(cell, 1, room));
        Assert.Equal(seconds.Index().MaxBy(part => part.Item).Index, cells.Index().MaxBy(part => part.Item).Index);
    }
}
