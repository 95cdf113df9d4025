using System.Collections.Immutable;
using System.IO.Hashing;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Storage;
using Dfu.Simulation.Faults;
using Dfu.Simulation.Hosts;
using Dfu.Simulation.Invariants;

namespace Dfu.Simulation.Runs;

/// <summary>One seed played through: a campaign over a cluster to which things happen, and whether everything was as promised.</summary>
internal sealed class SeedRun : IDisposable
{
    /// <summary>A campaign is over, at the latest, so long after nothing goes wrong any more.</summary>
    private static readonly TimeSpan EndsWithin = TimeSpan.FromMinutes(15);

    /// <summary>More than ten times what any seed takes.</summary>
    private const long MostSteps = 5_000_000;

    private readonly SeedPlan _plan;
    private readonly VirtualTime _time = new() { MostSteps = MostSteps };
    private readonly Coverage _coverage;
    private readonly Cluster _cluster;
    private readonly Promises _promises;
    private readonly Operators _operators;
    private TimeSpan _faultsEnd;

    private SeedRun(SeedPlan plan, Coverage coverage)
    {
        (_plan, _coverage) = (plan, coverage);
        _cluster = new(plan.Cluster with { Machines = coverage.Watch(plan.Cluster.Machines) }, _time);
        _promises = new(_cluster, plan, coverage);
        _operators = new(_cluster, plan, _promises);
    }

    /// <param name="only">Numbers of the faults that happen; all of the plan's when default.</param>
    public static SeedResult Run(SeedPlan plan, Coverage coverage, ImmutableArray<int> only = default)
    {
        using var run = new SeedRun(plan, coverage);
        try
        {
            run._time.Run(() => run.RunAsync(only.IsDefault ? plan.Faults : [.. plan.Faults.Where(fault => only.Contains(fault.Number))]));
        }
        catch (Exception e)
        {
            run._cluster.Violate($"the run broke down: {e}");
        }

        return new(plan.Seed, [.. run._cluster.Violations], run._time.Elapsed, run.Digest());
    }

    public void Dispose() => _cluster.Dispose();

    private async Task RunAsync(ImmutableArray<Fault> faults)
    {
        foreach (var options in _plan.Devices) _cluster.Air.Add(options);
        _promises.Watch();
        if (_plan.AuditedBefore > 0) _cluster.Database.Put("audit/", FleetJson.Write(Earlier.Audit(_plan.AuditedBefore)));
        foreach (var device in _plan.NotedBefore > 0 ? _plan.Devices : [])
            _cluster.Database.Put($"device/{device.ApplicationAddress}", FleetJson.Write(Earlier.Device(device.ApplicationAddress, _plan.NotedBefore)));
        var injector = new FaultInjector(_cluster, _operators, () => _operators.OrderAsync(_plan.Packages[1], restart: true));
        _cluster.Start();
        injector.Plan(faults);
        await PlayAsync(faults, injector);
        _promises.Check(_operators.Campaign, [.. injector.Happened.Keys]);
        _coverage.Take(injector, _cluster);
    }

    private async Task PlayAsync(ImmutableArray<Fault> faults, FaultInjector injector)
    {
        _faultsEnd = faults.Select(static fault => fault.At + fault.For).DefaultIfEmpty().Max() + TimeSpan.FromSeconds(1);
        _cluster.Later(_faultsEnd, injector.EndAll);
        await _operators.OrderAsync(_plan.Packages[0], restart: false);
        await OverAsync();
        if (_plan.Again) await _operators.OrderAsync(_operators.Ordered, restart: false);
        var rest = _faultsEnd - _time.Elapsed;
        if (_plan.Lingers && rest > TimeSpan.Zero) await Task.Delay(rest, _time);
        await OverAsync();
        injector.EndAll();
        await Task.Delay(TimeSpan.FromSeconds(5), _time); // whatever came last settles
        await OverAsync();
    }

    private async Task OverAsync()
    {
        while (_time.Elapsed < _faultsEnd + EndsWithin)
        {
            if (!_operators.AreWaiting && _promises.AllOver) return;
            await Task.Delay(TimeSpan.FromSeconds(1), _time);
            if (_time.Elapsed < _faultsEnd) continue;
            foreach (var stopped in _promises.Stopped.ToArray()) await _operators.ControlAsync(stopped, CampaignControlKind.Resume);
        }
    }

    /// <summary>Equal for equal runs.</summary>
    private uint Digest()
    {
        var crc = new Crc32();
        Span<byte> number = stackalloc byte[8];
        foreach (var device in _cluster.Air.Devices)
        {
            foreach (var value in new[] { device.Counters.PacketBytes, device.Counters.Connects, device.Counters.Operations })
            {
                BitConverter.TryWriteBytes(number, value);
                crc.Append(number);
            }
        }

        BitConverter.TryWriteBytes(number, (long)_cluster.Post.Calls);
        crc.Append(number);
        BitConverter.TryWriteBytes(number, _cluster.Database.Writes);
        crc.Append(number);
        return crc.GetCurrentHashAsUInt32();
    }
}

/// <param name="Violations">What was not as promised.</param>
/// <param name="Lasted">Virtual time.</param>
/// <param name="Digest">Equal for equal runs.</param>
internal sealed record SeedResult(int Seed, ImmutableArray<string> Violations, TimeSpan Lasted, uint Digest);
