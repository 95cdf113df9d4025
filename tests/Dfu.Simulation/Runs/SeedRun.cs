using System.Collections.Immutable;
using System.IO.Hashing;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Directory;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
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
    private TimeSpan _faultsEnd;
    private int _orders;
    private string? _campaign;
    private DfuPackage _ordered;

    private SeedRun(SeedPlan plan, Coverage coverage)
    {
        (_plan, _coverage, _ordered) = (plan, coverage, plan.Packages[0]);
        _cluster = new(plan.Cluster with { Machines = coverage.Watch(plan.Cluster.Machines) }, _time);
        _promises = new(_cluster, plan, coverage);
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
        for (var i = 0; i < _plan.Packages.Length; i++) _cluster.Packages.Put(_plan.Packages[i].Id, _plan.Files[i]);
        foreach (var options in _plan.Devices) _cluster.Air.Add(options);
        _promises.Watch();
        var injector = new FaultInjector(_cluster, () => _campaign, () => OrderAsync(_plan.Packages[1], restart: true));
        _cluster.Start();
        injector.Plan(faults);
        await PlayAsync(faults, injector);
        _promises.Check(_campaign);
        _coverage.Take(injector, _cluster);
    }

    private async Task PlayAsync(ImmutableArray<Fault> faults, FaultInjector injector)
    {
        _faultsEnd = faults.Select(static fault => fault.At + fault.For).DefaultIfEmpty().Max() + TimeSpan.FromSeconds(1);
        _cluster.Later(_faultsEnd, injector.EndAll);
        await OrderAsync(_plan.Packages[0], restart: false);
        await OverAsync();
        if (_plan.Again) await OrderAsync(_ordered, restart: false);
        var rest = _faultsEnd - _time.Elapsed;
        if (_plan.Lingers && rest > TimeSpan.Zero) await Task.Delay(rest, _time);
        await OverAsync();
        injector.EndAll();
        await Task.Delay(TimeSpan.FromSeconds(5), _time); // whatever came last settles
        await OverAsync();
    }

    /// <summary>Somebody orders the campaign, and asks until somebody answers.</summary>
    private async Task OrderAsync(DfuPackage package, bool restart)
    {
        _orders++;
        try
        {
            await AskAsync(package, restart);
        }
        finally
        {
            _orders--;
        }
    }

    private async Task AskAsync(DfuPackage package, bool restart)
    {
        var order = CampaignOrder.Of(new()
        {
            Package = package,
            Restart = restart,
            Targets = _plan.All
                ? new() { All = true, Count = _plan.Devices.Length }
                : new() { Addresses = [.. _plan.Devices.Select(static device => device.ApplicationAddress)] },
            Key = $"order {_time.Elapsed}",
            Content = package.Id,
        });
        while (true)
        {
            try
            {
                var ticket = await _cluster.CallAsync<DirectoryActivation, CampaignTicket>(new(ActorKind.Directory, ""), directory =>
                    directory.StartAsync(order));
                if (ticket.Refusal != DfuError.None) throw new DfuException(ticket.Refusal, ticket.Detail);
                (_campaign, _ordered) = (ticket.Campaign, package);
                _promises.Ordered(ticket.Campaign);
                return;
            }
            catch (Exception) when (_time.Elapsed < _faultsEnd + TimeSpan.FromMinutes(2))
            {
                await Task.Delay(TimeSpan.FromSeconds(1), _time);
            }
        }
    }

    private async Task OverAsync()
    {
        while (_time.Elapsed < _faultsEnd + EndsWithin)
        {
            if (_orders == 0 && _promises.AllOver) return;
            await Task.Delay(TimeSpan.FromSeconds(1), _time);
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
