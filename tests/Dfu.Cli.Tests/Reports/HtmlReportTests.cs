using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Dfu.Reports.Html;

namespace Dfu.Cli.Tests.Reports;

public sealed partial class HtmlReportTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(600)]
    public void A_page_is_well_formed_asks_for_nothing_and_runs_nothing(int units)
    {
        var page = HtmlReport.Write(ReportedCampaigns.Of(units));
        var body = Body(page);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(ReachesOut(), page);
        Assert.Equal(units, body.Descendants("tr").Count(row => row.Elements("td").Any(cell => (string?)cell.Attribute("data-label") == "Addresses")));
    }

    [Fact]
    public void Names_that_mean_no_good_are_text()
    {
        var page = HtmlReport.Write(ReportedCampaigns.Of(60, hostile: true));
        var body = Body(page);
        Assert.DoesNotContain(body.Descendants(), element => element.Name.LocalName == "script"
            || element.Attributes().Any(attribute => attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal)));
        Assert.Contains(
            body.Descendants("td"), cell => cell.Value.Contains("<script>alert(1)</script>\"' onload=x gpj.exe &amp; 名前 😀", StringComparison.Ordinal));
        Assert.DoesNotContain('\u202E', page);
        Assert.DoesNotContain('\u0007', page);
    }

    [Fact]
    public void The_totals_are_those_of_the_campaign_and_every_state_has_a_shape()
    {
        var report = ReportedCampaigns.Of(600, running: true);
        var body = Body(HtmlReport.Write(report));
        Assert.Equal($"{report.Good}", body.Descendants("div").Single(div => (string?)div.Attribute("class") == "big").Value);
        var counts = body.Descendants("ul").Single().Elements("li").ToList();
        Assert.Equal(
            ["waiting", "atwork", "done", "failed", "pausing"],
            counts.Select(count => ((string)count.Element("svg")!.Element("use")!.Attribute("href")!)[1..]));
        Assert.Equal(600, counts.Sum(count => int.Parse(count.Value.Trim().Split(' ')[0], CultureInfo.InvariantCulture)));
        var shapes = body.Descendants("symbol").Select(symbol => (string)symbol.Attribute("id")!).ToHashSet();
        Assert.All(body.Descendants("use"), use => Assert.Contains(((string)use.Attribute("href")!)[1..], shapes));
        var states = body.Descendants("td").Where(cell => (string?)cell.Attribute("data-label") == "State" && cell.Descendants("use").Any());
        Assert.All(states, state => Assert.NotEmpty(state.Value.Trim()));
    }

    [Fact]
    public void Failures_are_grouped_by_cause_with_sentence_and_remedy_and_come_first_among_the_units()
    {
        var report = ReportedCampaigns.Of(600);
        var body = Body(HtmlReport.Write(report));
        var causes = body.Descendants("h2").Single(title => title.Value == "Failures by cause")
            .ElementsAfterSelf("table").First().Element("tbody")!.Elements("tr").ToList();
        Assert.Equal(report.Causes().Select(cause => $"{cause.Devices.Length}"), causes.Select(cause => cause.Elements("td").First().Value));
        Assert.Equal("8", causes[0].Elements("td").First().Value);
        Assert.Contains("notHeard", causes[0].Value, StringComparison.Ordinal);
        Assert.Contains("Power it, bring it nearer", causes[0].Value, StringComparison.Ordinal);
        var units = body.Descendants("td").Where(cell => (string?)cell.Attribute("data-label") == "State" && cell.Descendants("use").Any())
            .Select(cell => cell.Value.Trim()).ToList();
        var failed = report.View.Devices.Count(device => device.Outcome == Fleet.Devices.DeviceOutcome.Failed);
        Assert.All(units.Take(failed), state => Assert.Equal("failed", state));
        Assert.DoesNotContain("failed", units.Skip(failed));
    }

    [Fact]
    public void The_bars_of_the_chart_are_as_many_units_as_ended()
    {
        var report = ReportedCampaigns.Of(600);
        var chart = Body(HtmlReport.Write(report)).Descendants("div").Single(div => (string?)div.Attribute("class") == "chart");
        var top = double.Parse(chart.Descendants("span").First().Value, CultureInfo.InvariantCulture);
        var height = chart.Descendants("rect").Sum(bar => double.Parse((string)bar.Attribute("height")!, CultureInfo.InvariantCulture));
        Assert.Equal(600, height * top / 100, 1.0);
        Assert.Equal("08:00", chart.Elements("div").Last().Elements("span").First().Value);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(47, 1)]
    [InlineData(48, 2)]
    [InlineData(3600, 120)]
    [InlineData(36_000, 900)]
    [InlineData(86_400.0 * 47, 86_400)]
    [InlineData(86_400.0 * 365, 691_200)]
    public void A_bar_is_a_round_time_and_there_are_never_too_many(double span, int width) => Assert.Equal(width, ThroughputChart.WidthFor(span));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 8)]
    [InlineData(22, 25)]
    [InlineData(121, 150)]
    [InlineData(2000, 2000)]
    public void The_chart_ends_at_a_round_number(int most, int top) => Assert.Equal(top, ThroughputChart.Ceiling(most));

    [Fact]
    public void Every_colour_of_text_and_bars_can_be_told_from_what_is_behind_it_light_and_dark()
    {
        var css = HtmlReport.Write(ReportedCampaigns.Of(0)).Split("<style>")[1].Split("</style>")[0];
        var palettes = css.Split(":root {")[1..].Select(block => Colour().Matches(block[..block.IndexOf('}', StringComparison.Ordinal)])
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value)).ToList();
        Assert.Equal(3, palettes.Count);
        foreach (var palette in palettes)
        {
            foreach (var (name, colour) in palette.Where(pair => pair.Key is not ("bg" or "panel" or "line")))
            {
                Assert.True(Contrast(colour, palette["bg"]) >= 4.5, $"--{name} {colour} on {palette["bg"]}: {Contrast(colour, palette["bg"]):0.00}");
                if (!name.StartsWith("t-", StringComparison.Ordinal))
                    Assert.True(Contrast(colour, palette["panel"]) >= 4.5, $"--{name} {colour} on the panel: {Contrast(colour, palette["panel"]):0.00}");
            }
        }

        Assert.Equal(palettes[0].Keys, palettes[1].Keys);
        Assert.Equal(palettes[0].Keys, palettes[2].Keys);
    }

    /// <summary>The page is XML but for its first line and the head's open tags.</summary>
    private static XElement Body(string page) => XElement.Parse(
        page[page.IndexOf("<body>", StringComparison.Ordinal)..page.IndexOf("</html>", StringComparison.Ordinal)]);

    /// <summary>WCAG 2.</summary>
    private static double Contrast(string a, string b)
    {
        var (light, dark) = (Math.Max(Luminance(a), Luminance(b)), Math.Min(Luminance(a), Luminance(b)));
        return (light + 0.05) / (dark + 0.05);
    }

    private static double Luminance(string colour)
    {
        double Channel(int at)
        {
            var value = Convert.ToInt32(colour.Substring(at, 2), 16) / 255.0;
            return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
        }

        return (0.2126 * Channel(1)) + (0.7152 * Channel(3)) + (0.0722 * Channel(5));
    }

    [GeneratedRegex(@"--([\w-]+): (#[0-9a-f]{6});")]
    private static partial Regex Colour();

    [GeneratedRegex("""<script|<link|<iframe|<img|https?://|@import|url\((?!#)""")]
    private static partial Regex ReachesOut();
}
