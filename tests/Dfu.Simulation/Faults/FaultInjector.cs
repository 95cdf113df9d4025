using Dfu.Adapters.Simulated;
using Dfu.Fleet.Campaigns;
using Dfu.Simulation.Hosts;
using Dfu.Simulation.Runs;

namespace Dfu.Simulation.Faults;

/// <summary>Has faults happen to a cluster, each at its time, and ends them.</summary>
/// <param name="supersede">Orders another package for the same devices.</param>
internal sealed class FaultInjector(Cluster cluster, Operators operators, Func<Task> supersede)
{
    /// <summary>Hosts that were gone or cut off have heard of what was decided, and storage has it.</summary>
    private static readonly TimeSpan SettlesWithin = TimeSpan.FromSeconds(20);

    private readonly Dictionary<FaultKind, int> _happened = [];
    private readonly List<(Fault Fault, int Passes)> _waiting = [];
    private readonly List<Activity> _activities = [];
    private int _killAfter = -1;
    private int _killBefore = -1;
    private bool _ended;

    /// <summary>How often each came true: a fault that finds nothing to happen to does not count.</summary>
    public IReadOnlyDictionary<FaultKind, int> Happened => _happened;

    /// <summary>What was under way when each of them came, but for kills at writes, which are always at one.</summary>
    public IReadOnlyList<Activity> Activities => _activities;

    public void Plan(IEnumerable<Fault> faults)
    {
        cluster.Database.DiesNow = (_, _) => Strikes(ref _killAfter, FaultKind.KillAfterWrite);
        cluster.Database.DiesBefore = (_, _) => Strikes(ref _killBefore, FaultKind.KillBeforeWrite);
        cluster.Database.Begins = process => Comes(new(Moment.Write, process, null));
        cluster.Drivers.Seen = Comes;
        foreach (var fault in faults)
        {
            cluster.Later(fault.At, () =>
            {
                if (fault.Waits == Moment.None) Happen(fault, null);
                else _waiting.Add((fault, fault.Which % MostPassed(fault.Waits)));
            });
        }
    }

    /// <summary>One fault that waits for the moment, and has let others pass, happens within it.</summary>
    private void Comes(Scene scene)
    {
        for (var i = 0; i < _waiting.Count; i++)
        {
            var (fault, left) = _waiting[i];
            if (fault.Waits != scene.Moment) continue;
            _waiting[i] = (fault, left - 1);
            if (left > 0) continue;
            _waiting.RemoveAt(i);
            cluster.Later(Longest(scene.Moment) * fault.Amount, () => Happen(fault, scene));
            return;
        }
    }

    /// <summary>A fault lets fewer than so many moments pass that it could happen in.</summary>
    private static int MostPassed(Moment moment) => moment switch
    {
        Moment.Object => 60,
        Moment.Write => 8,
        Moment.Connect => 2,
        _ => 4,
    };

    /// <summary>About how long a moment lasts.</summary>
    private static TimeSpan Longest(Moment moment) => moment switch
    {
        Moment.Write => TimeSpan.FromMilliseconds(6),
        Moment.Connect => TimeSpan.FromMilliseconds(150),
        Moment.Execute => TimeSpan.FromMilliseconds(40),
        _ => TimeSpan.FromMilliseconds(10),
    };

    private void Happen(Fault fault, Scene? scene)
    {
        var activity = cluster.Drivers.Activity | (cluster.Database.UnderWay > 0 ? Activity.Write : Activity.None);
        if (_ended || !Begin(fault, scene)) return;
        Count(fault.Kind);
        _activities.Add(activity);
        if (Disturbs(fault.Kind)) cluster.Disturb(cluster.Time.Elapsed + fault.For + SettlesWithin);
    }

    /// <summary>Whatever still lasts is over, and nothing begins any more.</summary>
    public void EndAll()
    {
        (_killAfter, _killBefore, _ended) = (-1, -1, true);
        (cluster.Database.Slowness, cluster.Database.Silent, cluster.Database.Full) = (TimeSpan.Zero, false, false);
        (cluster.Post.LossRate, cluster.Post.RepeatRate, cluster.Post.Delay) = (0, 0, TimeSpan.FromMilliseconds(2));
        cluster.Join();
        foreach (var host in cluster.Hosts)
        {
            cluster.Database.Cut(host, false);
            foreach (var radio in host.Radios) cluster.GiveBack(radio);
        }

        foreach (var device in cluster.Air.Devices)
        {
            device.StallFlash(false);
            device.BusyMainLoop(false);
        }
    }

    /// <param name="left">Writes that pass before; negative for all.</param>
    private bool Strikes(ref int left, FaultKind kind)
    {
        if (left < 0 || left-- > 0) return false;
        Count(kind);
        cluster.Disturb(cluster.Time.Elapsed + SettlesWithin);
        return true;
    }

    /// <summary>Whether somebody may not hear what others have decided, until it is over.</summary>
    private static bool Disturbs(FaultKind kind) => kind is <= FaultKind.TwoActivations or FaultKind.MoveRadio;

    private void Count(FaultKind kind) => _happened[kind] = _happened.GetValueOrDefault(kind) + 1;

    /// <param name="scene">Happens to whoever is in it; null for anybody.</param>
    private bool Begin(Fault fault, Scene? scene)
    {
        var host = HostOf(fault, scene);
        var (database, post) = (cluster.Database, cluster.Post);
        switch (fault.Kind)
        {
            case FaultKind.KillHost when host.Process is { } process:
                host.DownUntil = cluster.Time.Elapsed + fault.For;
                process.Kill();
                return true;
            case FaultKind.KillAfterWrite:
                _killAfter = fault.Which % 12;
                return false; // it counts when it strikes
            case FaultKind.KillBeforeWrite:
                _killBefore = fault.Which % 12;
                return false;
            case FaultKind.StopHost when host.Process is not null:
                host.DownUntil = cluster.Time.Elapsed + fault.For;
                _ = cluster.StopAsync(host);
                return true;
            case FaultKind.HangHost or FaultKind.SuspendHost when host.Process is { Stopped: false } process:
                cluster.Hang(process, fault.For, fault.Kind == FaultKind.SuspendHost);
                return true;
            case FaultKind.SplitNetwork when cluster.Hosts.Count > 1:
                cluster.Part(host, 1);
                cluster.Later(fault.For, cluster.Join);
                return true;
            case FaultKind.SplitFromDatabase:
                database.Cut(host, true);
                cluster.Later(fault.For, () => database.Cut(host, false));
                return true;
            case FaultKind.SlowDatabase:
                return For(fault, () => database.Slowness = TimeSpan.FromSeconds(4) * fault.Amount, () => database.Slowness = TimeSpan.Zero);
            case FaultKind.SilentDatabase:
                return For(fault, () => database.Silent = true, () => database.Silent = false);
            case FaultKind.FullDatabase:
                return For(fault, () => database.Full = true, () => database.Full = false);
            case FaultKind.LoseMessages:
                return For(fault, () => post.LossRate = 0.5 * fault.Amount, () => post.LossRate = 0);
            case FaultKind.RepeatMessages:
                return For(fault, () => post.RepeatRate = fault.Amount, () => post.RepeatRate = 0);
            case FaultKind.DelayMessages:
                return For(fault, () => post.Delay = TimeSpan.FromSeconds(3) * fault.Amount, () => post.Delay = TimeSpan.FromMilliseconds(2));
            case FaultKind.EndActivation when Activation(fault) is { } actor:
                actor.Process.Enter(() => _ = actor.Leave());
                return true;
            case FaultKind.TwoActivations when Activation(fault) is { } actor:
                return cluster.Double(actor, fault.For);
            case FaultKind.SetClock:
                host.Wall.Ahead += TimeSpan.FromDays(2) * (fault.Amount - 0.5);
                return true;
            default:
                return BeginAround(fault, scene) || BeginByOperator(fault);
        }
    }

    private SimulatedHost HostOf(Fault fault, Scene? scene) => scene?.Process.Host ?? cluster.Hosts[fault.Which % cluster.Hosts.Count];

    private bool BeginAround(Fault fault, Scene? scene)
    {
        var host = HostOf(fault, scene);
        var radios = scene is not null && host.Radios.Count > 0 ? [.. host.Radios] : cluster.Radios.ToArray();
        var radio = radios[fault.Which % radios.Length];
        var devices = cluster.Air.Devices;
        var device = scene?.Device ?? devices[fault.Which % devices.Count];
        switch (fault.Kind)
        {
            case FaultKind.LoseRadio:
                return For(fault, () => cluster.TakeAway(radio), () => cluster.GiveBack(radio));
            case FaultKind.DeafRadio:
                return For(fault, () => radio.Break(AdapterFault.HearsNothing), radio.Revive);
            case FaultKind.RadioConnectsNobody:
                return For(fault, () => radio.Break(AdapterFault.FailsConnects), radio.Revive);
            case FaultKind.MoveRadio when cluster.Hosts.Count > 1:
                var owner = cluster.Hosts.First(owner => owner.Radios.Contains(radio));
                var other = owner == host ? cluster.Hosts[(fault.Which + 1) % cluster.Hosts.Count] : host;
                cluster.TakeAway(radio);
                owner.Radios.Remove(radio);
                other.Radios.Add(radio);
                cluster.Later(TimeSpan.FromSeconds(1), () =>
                {
                    cluster.GiveBack(radio);
                    _ = cluster.StopAsync(other); // a process has the radios that were there when it started
                });
                return true;
            case FaultKind.CutLink:
                device.CutLink();
                return true;
            case FaultKind.PowerCycle:
                device.PowerCycle(holdsBootloader: fault.Amount < 0.7 && device.Mode == DeviceMode.Bootloader);
                return true;
            case FaultKind.LoseNotification:
                device.LoseNotification(fault.Which % 8);
                return true;
            case FaultKind.LoseRequest:
                device.LoseRequest(fault.Which % 8);
                return true;
            case FaultKind.StallFlash:
                return For(fault, () => device.StallFlash(true), () => device.StallFlash(false));
            case FaultKind.StallBootloader:
                cluster.Drivers.Harmed(device); // what it was asked over one link it may answer to the next
                return For(fault, () => device.BusyMainLoop(true), () => device.BusyMainLoop(false));
            case FaultKind.InactivityReset:
                device.FireInactivity();
                return true;
            case FaultKind.FailFlash:
                device.FailFlash(1 + (fault.Which % 3));
                cluster.Drivers.Unsound(device);
                return true;
            case FaultKind.SpoilFlash:
                device.SpoilFlash();
                cluster.Drivers.Unsound(device);
                return true;
            case FaultKind.GarblePacket:
                cluster.Drivers.Garble(device, fault.Which % 40);
                return true;
            default:
                return false;
        }
    }

    private bool BeginByOperator(Fault fault)
    {
        if (operators.Campaign is not { } campaign) return false;
        switch (fault.Kind)
        {
            case FaultKind.Cancel:
                _ = operators.ControlAsync(campaign, CampaignControlKind.Cancel, cut: fault.Amount < 0.5);
                return true;
            case FaultKind.Pause:
                _ = PauseAsync(campaign, fault);
                return true;
            case FaultKind.Supersede:
                _ = supersede();
                return true;
            case FaultKind.Retry:
                _ = operators.ControlAsync(campaign, CampaignControlKind.Retry);
                return true;
            default:
                return false;
        }
    }

    private async Task PauseAsync(string campaign, Fault fault)
    {
        await operators.ControlAsync(campaign, CampaignControlKind.Pause, cut: fault.Amount < 0.5);
        await Task.Delay(fault.For, cluster.Time);
        await operators.ControlAsync(campaign, CampaignControlKind.Resume);
    }

    private bool For(Fault fault, Action begin, Action end)
    {
        begin();
        cluster.Later(fault.For, end);
        return true;
    }

    private Actor? Activation(Fault fault)
    {
        var actors = cluster.Members.SelectMany(static member => member.Actors).Where(static actor => actor.Id.Kind != ActorKind.Adapter).ToArray();
        return actors.Length == 0 ? null : actors[fault.Which % actors.Length];
    }
}
