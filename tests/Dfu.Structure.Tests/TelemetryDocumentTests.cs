using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Dfu.Fleet.Telemetry;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Telemetry;

namespace Dfu.Structure.Tests;

/// <summary>The page on telemetry against what the meters really publish. Tags are compared where measurements arrive over the wire.</summary>
public sealed class TelemetryDocumentTests
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
        Assert.Matches(@"^(s|By|\{[a-z]+\})$", instrument.Unit);
        Assert.EndsWith(".", instrument.Description, StringComparison.Ordinal);
    });

    [Fact]
    public void The_table_has_every_span_and_no_other()
    {
        var documented = Cells("`").Where(cells => cells.Length == 4 && cells[1] is "" or "`campaign`" or "`attempt`").Select(cells => cells[0].Trim('`'));
        Assert.Equal(
            new[] { FleetActivities.Campaign, FleetActivities.Attempt }.Concat(Enum.GetValues<UpdatePhase>().Select(AttemptTrace.NameOf).Distinct()),
            documented);
    }

    [Fact]
    public void The_reasons_that_are_no_diagnosis_are_explained() => Assert.All(
        new[] { ResendReasons.UnfinishedObject, ResendReasons.ObjectRepeated },
        reason => Assert.Contains($"- `{reason}`: ", Repository.Read("docs/telemetry.md"), StringComparison.Ordinal));

    private static List<Instrument> Published()
    {
        var published = new List<Instrument>();
        foreach (var type in new[] { typeof(FleetMetrics), typeof(FleetGauges), typeof(WaitMetrics), typeof(ProtocolMetrics) }) RuntimeHelpers.RunClassConstructor(type.TypeHandle);
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
        "Histogram" => "histogram",
        var other => other,
    };

    private static IEnumerable<string[]> Cells(string first) =>
        Rows.Select(row => row.Trim('|').Split('|').Select(cell => cell.Trim()).ToArray()).Where(cells => cells[0].StartsWith(first, StringComparison.Ordinal));
}
