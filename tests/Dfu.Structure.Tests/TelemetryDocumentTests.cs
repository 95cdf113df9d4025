using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Telemetry;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Telemetry;
using Dfu.Silo.Telemetry;

namespace Dfu.Structure.Tests;

/// <summary>The page on telemetry against what the meters really publish. Tags are compared where measurements arrive over the wire.</summary>
public sealed partial class TelemetryDocumentTests
{
    private static readonly string[] Rows =
        [.. Repository.Read("docs/telemetry.md").Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))];

    [Fact]
    public void The_table_has_every_instrument_with_its_kind_and_unit_and_no_other()
    {
        var published = Published().Select(instrument => $"{instrument.Name} {Kind(instrument)} {instrument.Unit}").Order(StringComparer.Ordinal);
        var documented = Cells("`dfu.").Where(cells => cells.Length == 5)
            .Select(cells => $"{cells[0].Trim('`')} {cells[1]} {cells[2].Trim('`')}").Order(StringComparer.Ordinal);
        Assert.Equal(published, documented);
    }

    [Fact]
    public void Names_and_units_follow_the_conventions() => Assert.All(Published(), instrument =>
    {
        Assert.Matches(@"^dfu(\.[a-z_]+)+$", instrument.Name);
        Assert.Matches(@"^(s|By|By/s|\{[a-z]+\})$", instrument.Unit);
        Assert.EndsWith(".", instrument.Description, StringComparison.Ordinal);
    });

    /// <summary>Their kinds and units are compared where they arrive over the wire.</summary>
    [Fact]
    public void The_table_of_others_has_what_is_let_through_with_its_tags_and_no_other()
    {
        var documented = Cells("`").Where(cells => cells.Length == 6)
            .Select(cells => $"{cells[1].Trim('`')} {cells[0].Trim('`')} {cells[4].Replace("`", "", StringComparison.Ordinal)}");
        Assert.Equal(ExportedMeters.OfOthers.Select(one => $"{one.Meter} {one.Instrument} {string.Join(", ", one.Tags)}"), documented);
    }

    [Fact]
    public void The_values_of_tags_are_those_that_there_are()
    {
        var values = Cells("`dfu.").Where(cells => cells.Length == 2).ToDictionary(
            cells => cells[0].Trim('`'),
            cells => Quoted().Matches(cells[1]).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal));
        Assert.Equal(CampaignStateCode.Open.Order(StringComparer.Ordinal), values["dfu.campaign.state"]);
        Assert.Equal(Codes<DeviceStanding>(), values["dfu.device.state"]);
        Assert.Equal(Codes<DeviceOutcome>().Except(["pending"]), values["dfu.outcome"]);
        Assert.Equal(Codes<AdapterStatus>(), values["dfu.adapter.status"]);
        Assert.Equal(Codes<RecoveryStep>(), values["dfu.recovery.step"]);
        Assert.Equal(Codes<TimeUse>().Except(["waiting", "backingOff"]), values["dfu.time.use"]);
    }

    [Fact]
    public void The_table_has_every_span_and_no_other()
    {
        var table = Repository.Read("docs/telemetry.md").Split('\n').SkipWhile(static line => !line.StartsWith("| span |", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(static line => line.StartsWith('|')).Select(static row => row.Split('|')[1].Trim(' ', '`'));
        Assert.Equal(
            new[] { FleetActivities.Campaign, FleetActivities.Update, FleetActivities.Attempt }
                .Concat(Enum.GetValues<UpdatePhase>().Select(AttemptTrace.NameOf).Distinct()),
            table);
    }

    [Fact]
    public void The_reasons_that_are_no_diagnosis_are_explained() => Assert.All(
        new[] { ResendReasons.UnfinishedObject, ResendReasons.ObjectRepeated },
        reason => Assert.Contains($"- `{reason}`: ", Repository.Read("docs/telemetry.md"), StringComparison.Ordinal));

    private static List<Instrument> Published()
    {
        var published = new List<Instrument>();
        Type[] all = [typeof(FleetMetrics), typeof(FleetGauges), typeof(WaitMetrics), typeof(ProtocolMetrics)];
        foreach (var type in all) RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name.StartsWith("Dfu.", StringComparison.Ordinal)) published.Add(instrument);
            },
        };
        listener.Start();
        return published;
    }

    private static string Kind(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" => "counter",
        "UpDownCounter" => "up-down counter",
        "ObservableUpDownCounter" => "observable up-down counter",
        "ObservableGauge" => "observable gauge",
        "Histogram" => "histogram",
        var other => other,
    };

    private static IEnumerable<string> Codes<T>()
        where T : struct, Enum => Enum.GetValues<T>().Select(FleetMetrics.Code).Order(StringComparer.Ordinal);

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    private static IEnumerable<string[]> Cells(string first) =>
        Rows.Select(row => row.Trim('|').Split('|').Select(cell => cell.Trim()).ToArray()).Where(cells => cells[0].StartsWith(first, StringComparison.Ordinal));
}
