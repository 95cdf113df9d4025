using System.Globalization;
using System.Text;
using Dfu.Fleet;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Transfers;
using Dfu.Simulation.Faults;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Runs;

/// <summary>What runs have covered: faults, what reconciles found, and each machine's transitions. For one thread; <see cref="Add"/> sums up.</summary>
internal sealed class Coverage
{
    private readonly SortedDictionary<FaultKind, long> _faults = [];
    private readonly SortedDictionary<Diagnosis, long> _reconciles = [];
    private readonly SortedDictionary<string, SortedDictionary<string, long>> _transitions = new(StringComparer.Ordinal);
    private readonly SortedDictionary<DeviceOutcome, long> _outcomes = [];
    private readonly SortedDictionary<Activity, long> _activities = [];

    public long Seeds { get; private set; }

    public long Runs { get; private set; }

    public long Calls { get; private set; }

    public TimeSpan Virtual { get; private set; }

    /// <summary>The same machines, watched.</summary>
    public FleetMachines Watch(FleetMachines machines) => new()
    {
        Device = (state, e, policy) =>
        {
            var step = machines.Device(state, e, policy);
            Saw("device", state.Phase, e, step.Next.Phase);
            if (e is DeviceEvent.Resumed resumed) _reconciles[resumed.Record.Diagnosis] = _reconciles.GetValueOrDefault(resumed.Record.Diagnosis) + 1;
            return step;
        },
        Campaign = (state, e, policy) =>
        {
            var step = machines.Campaign(state, e, policy);
            Saw("campaign", state.Stage, e, step.Next.Stage);
            return step;
        },
        Adapter = (state, e, policy) =>
        {
            var step = machines.Adapter(state, e, policy);
            Saw("adapter", state.Status, e, step.Next.Status);
            return step;
        },
    };

    public void Stored(DeviceState before, DeviceState now)
    {
        if (now.Phase == DevicePhase.Done && before.Phase != DevicePhase.Done) _outcomes[now.Outcome] = _outcomes.GetValueOrDefault(now.Outcome) + 1;
    }

    public void Take(FaultInjector injector, Cluster cluster)
    {
        Seeds++;
        foreach (var (kind, times) in injector.Happened) _faults[kind] = _faults.GetValueOrDefault(kind) + times;
        foreach (var activity in injector.Activities) Came(activity, 1);
        Runs += cluster.Drivers.Runs;
        Calls += cluster.Post.Calls;
        Virtual += cluster.Time.Elapsed;
    }

    public void Add(Coverage other)
    {
        (Seeds, Runs, Calls, Virtual) = (Seeds + other.Seeds, Runs + other.Runs, Calls + other.Calls, Virtual + other.Virtual);
        foreach (var (kind, times) in other._faults) _faults[kind] = _faults.GetValueOrDefault(kind) + times;
        foreach (var (found, times) in other._reconciles) _reconciles[found] = _reconciles.GetValueOrDefault(found) + times;
        foreach (var (outcome, times) in other._outcomes) _outcomes[outcome] = _outcomes.GetValueOrDefault(outcome) + times;
        foreach (var (activity, times) in other._activities) _activities[activity] = _activities.GetValueOrDefault(activity) + times;
        foreach (var (machine, steps) in other._transitions)
        {
            foreach (var (step, times) in steps) Of(machine)[step] = Of(machine).GetValueOrDefault(step) + times;
        }
    }

    /// <summary>Faults that never happened and reconcile rows that were never found; empty when all were.</summary>
    public IEnumerable<string> Missing() =>
    [
        .. Enum.GetValues<FaultKind>().Where(kind => !_faults.ContainsKey(kind)).Select(static kind => $"fault {kind}"),
        .. Enum.GetValues<Diagnosis>().Where(found => !_reconciles.ContainsKey(found)).Select(static found => $"reconcile {found}"),
    ];

    public string Describe(bool transitions)
    {
        var text = new StringBuilder();
        text.AppendLine(
            CultureInfo.InvariantCulture, $"{Seeds:#,0} seeds: {Virtual.TotalHours:#,0.0} h of virtual time, {Calls:#,0} calls, {Runs:#,0} attempts");
        text.AppendLine(Line("faults", _faults));
        text.AppendLine(Line("of them in the middle of", _activities));
        text.AppendLine(Line("reconciles", _reconciles));
        text.AppendLine(Line("outcomes", _outcomes));
        foreach (var (machine, steps) in _transitions)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{machine} machine: {steps.Count} transitions");
            if (!transitions) continue;
            foreach (var (step, times) in steps) text.AppendLine(CultureInfo.InvariantCulture, $"  {times,12:#,0}  {step}");
        }

        if (Seeds == 1) return text.ToString(); // one seed covers little
        foreach (var missing in Missing()) text.AppendLine(CultureInfo.InvariantCulture, $"never: {missing}");
        return text.ToString();
    }

    /// <summary>A fault came while these were under way.</summary>
    private void Came(Activity activities, long times)
    {
        foreach (var activity in Enum.GetValues<Activity>())
        {
            if (activity == activities || (activity != Activity.None && activities.HasFlag(activity)))
                _activities[activity] = _activities.GetValueOrDefault(activity) + times;
        }
    }

    private static string Line<T>(string what, SortedDictionary<T, long> counts)
        where T : struct, Enum =>
        $"{what}: {string.Join(", ", counts.Select(static pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {pair.Value:#,0}")))}";

    private void Saw<TState, TEvent>(string machine, TState before, TEvent e, TState next)
        where TState : struct, Enum
        where TEvent : notnull
    {
        var steps = Of(machine);
        var step = $"{before} -{e.GetType().Name}-> {next}";
        steps[step] = steps.GetValueOrDefault(step) + 1;
    }

    private SortedDictionary<string, long> Of(string machine)
    {
        if (!_transitions.TryGetValue(machine, out var steps)) _transitions[machine] = steps = new(StringComparer.Ordinal);
        return steps;
    }
}
