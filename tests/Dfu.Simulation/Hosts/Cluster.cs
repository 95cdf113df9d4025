using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Adapters;
using Dfu.Fleet.Shells.Campaigns;
using Dfu.Fleet.Shells.Directory;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;
using Dfu.Simulation.Invariants;
using Dfu.Simulation.Messages;
using Dfu.Simulation.Storage;

namespace Dfu.Simulation.Hosts;

/// <summary>
/// Hosts with radios over one air, a database and a network between them, in virtual time. The members find out that one of them is gone when it has not
/// answered for a while; one that they have given up and that comes back is told so, and ends.
/// </summary>
internal sealed class Cluster : IDisposable
{
    /// <summary>A member that cannot be reached for so long is given up by the others.</summary>
    private static readonly TimeSpan GivenUpAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StartTakes = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ReminderEvery = TimeSpan.FromMinutes(1);

    /// <summary>How often a host that starts, or sees another die, tries to have all campaigns at work.</summary>
    private const int WakeTries = 15;

    private readonly Random _random;
    private readonly Dictionary<ActorName, HostProcess> _registry = [];
    private readonly Dictionary<SimulatedHost, (int Side, TimeSpan Since)> _sides = [];
    private readonly HashSet<HostProcess> _givenUp = [];
    private readonly HashSet<SimulatedAdapterSource> _away = [];
    private readonly SimulatedHost _outside;
    private int _processes;
    private bool _over;

    /// <param name="database">One that was there before; a new one when null.</param>
    public Cluster(ClusterSpec spec, VirtualTime time, Database? database = null)
    {
        (Spec, Time, _random) = (spec, time, new(spec.Seed));
        Air = new(time, spec.Link, spec.Seed);
        Database = database ?? new(time, new(spec.Seed + 1)) { AnswersEarly = spec.AnswersEarly, IgnoresVersions = spec.IgnoresVersions };
        Post = new(time, new(spec.Seed + 2), this);
        Drivers = new(this);
        Packages = new(Database);
        foreach (var (name, radios) in spec.Hosts)
        {
            var host = new SimulatedHost(name, time);
            for (var i = 0; i < radios; i++) host.Radios.Add(Air.CreateAdapter($"radio{Radios.Count()}", spec.Radio));
            if (Hosts.Count < spec.Ahead.Count) host.Wall.Ahead = spec.Ahead[Hosts.Count];
            Hosts.Add(host);
        }

        _outside = new("outside", time);
        Outside = new(_outside, this, 0);
    }

    public ClusterSpec Spec { get; }

    public VirtualTime Time { get; }

    public SimulatedAir Air { get; }

    public Database Database { get; }

    public Post Post { get; }

    public Drivers Drivers { get; }

    public PackageStore Packages { get; }

    public List<SimulatedHost> Hosts { get; } = [];

    /// <summary>Somebody who is no member and calls the fleet.</summary>
    public HostProcess Outside { get; }

    /// <summary>Campaigns that are to be activated now and then.</summary>
    public HashSet<string> Reminders { get; } = [];

    /// <summary>What is not as it must be, as it was found.</summary>
    public List<string> Violations { get; } = [];

    /// <summary>Until then hosts, network or storage may keep somebody from hearing what others have decided.</summary>
    public TimeSpan DisturbedUntil { get; private set; }

    /// <summary>Told when a campaign has acknowledged the outcome of a device.</summary>
    public Action<string, DeviceState> Acknowledged { get; set; } = static (_, _) => { };

    /// <summary>Told when a device has acknowledged what an attempt told it: device, attempt, and the last event that it says is stored.</summary>
    public Action<BluetoothAddress, int, int> Received { get; set; } = static (_, _, _) => { };

    /// <summary>Told when others hear of an attempt on a device.</summary>
    public Action<BluetoothAddress, int> Decided { get; set; } = static (_, _) => { };

    public IEnumerable<SimulatedAdapterSource> Radios => Hosts.SelectMany(static host => host.Radios);

    public IEnumerable<HostProcess> Members => Hosts.Select(static host => host.Process).OfType<HostProcess>();

    public void Start()
    {
        foreach (var host in Hosts) Start(host);
        Background.Run("remind", RemindAsync());
    }

    public void Start(SimulatedHost host)
    {
        if (host.Process is not null || _over) return;
        var process = new HostProcess(host, this, ++_processes);
        host.Process = process;
        process.Enter(() =>
        {
            if (Spec.OpensAtStart) OpenRadios(process);
            Background.Run("have all campaigns at work", WakeCampaignsAsync(process));
        });
    }

    /// <summary>Keeps the radios of a process open from here on.</summary>
    public void OpenRadios(HostProcess process) => process.Enter(() => Background.Run("look after the radios", WakeRadiosAsync(process)));

    /// <summary>Has a process let go of its radios for good.</summary>
    public async Task LetGoAsync(HostProcess process)
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.Enter(() => Background.Run("let go of the radios", TellAsync()));
        try
        {
            await gone.Task.WithinAsync(Spec.Times.StopWithin * 2, Time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // It died meanwhile, or a radio does not close: what is left of it ends with the process.
        }

        async Task TellAsync()
        {
            await LeaveRadiosAsync(process);
            gone.SetResult();
        }
    }

    /// <summary>Ends a host's process in good order, or kills it when that takes too long.</summary>
    public async Task StopAsync(SimulatedHost host)
    {
        if (host.Process is not { } process) return;
        process.Enter(() => Background.Run("stop a host", StopAsync(process)));
        Later(TimeSpan.FromSeconds(30), process.Kill);
        await process.Ended.Task;
    }

    /// <summary>The process is dead; its host starts another unless it is to stay down.</summary>
    public void Died(HostProcess process)
    {
        process.Host.Process = null;
        _givenUp.Remove(process);
        Drivers.Died(process);
        foreach (var radio in process.Host.Radios)
        {
            if (_away.Contains(radio)) continue;
            radio.Kill("its host's process has ended");
            radio.Revive();
        }

        if (_over || !Spec.Restarts) return;
        var host = process.Host;
        var down = host.DownUntil - Time.Elapsed;
        Later(down > StartTakes ? down : StartTakes, () => Start(host));
        Later(TimeSpan.FromSeconds(1 + (_random.NextDouble() * 4)), () => SeeThatOneDied());
    }

    public void TakeAway(SimulatedAdapterSource radio)
    {
        _away.Add(radio);
        radio.Kill();
    }

    public void GiveBack(SimulatedAdapterSource radio)
    {
        _away.Remove(radio);
        radio.Revive();
    }

    /// <summary>Puts hosts on different sides of a network that is cut; those on side 0 are the majority.</summary>
    public void Part(SimulatedHost host, int side) => _sides[host] = (side, Time.Elapsed);

    /// <summary>The network is whole again. A member that was given up meanwhile is told so soon.</summary>
    public void Join()
    {
        foreach (var (host, (side, since)) in _sides)
        {
            if (side != 0 && Time.Elapsed - since > GivenUpAfter && host.Process is { } process) Dismiss(process);
        }

        _sides.Clear();
    }

    /// <summary>Stops a process for a while; one that was given up meanwhile ends soon after it goes on.</summary>
    public void Hang(HostProcess process, TimeSpan span, bool sleeps)
    {
        process.Stop(sleeps);
        Later(GivenUpAfter, () =>
        {
            if (process is { Stopped: true, Dead: false }) GiveUp(process);
        });
        Later(span, () =>
        {
            process.Continue();
            if (_givenUp.Contains(process)) Dismiss(process);
        });
    }

    /// <summary>Another activation of the name begins on another host at the next call, although the present one lives: until the members notice.</summary>
    /// <returns>False when there is no other host for it.</returns>
    public bool Double(Actor actor, TimeSpan span)
    {
        var others = Members.Where(member => member != actor.Process && !_givenUp.Contains(member)).ToArray();
        if (others.Length == 0) return false;
        _registry[actor.Id] = others[_random.Next(others.Length)];
        Later(span, () =>
        {
            if (_registry.GetValueOrDefault(actor.Id) != actor.Process) actor.Process.Enter(() => _ = actor.Leave());
        });
        return true;
    }

    public bool Reach(HostProcess from, HostProcess to) => !from.Dead && !to.Dead && SideOf(from) == SideOf(to);

    /// <summary>Where a caller finds what carries a name; null when there is nobody to carry it.</summary>
    public HostProcess? Locate(HostProcess from, ActorName name)
    {
        if (name.Kind == ActorKind.Adapter)
        {
            var owner = AdapterId.SiloOf(name.Key);
            return Hosts.Find(host => host.Name == owner)?.Process;
        }

        if (_registry.GetValueOrDefault(name) is { Dead: false } known && !IsGivenUp(from, known)) return known;
        var members = Members.Where(member => Reach(from, member) && !_givenUp.Contains(member)).ToArray();
        if (members.Length == 0) return null;
        var chosen = Array.Find(members, member => member.Find(name) is not null) ?? members[_random.Next(members.Length)];
        _registry[name] = chosen;
        return chosen;
    }

    public Task<T> CallAsync<TActor, T>(ActorName name, Func<TActor, Task<T>> call)
        where TActor : class
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Outside.Enter(() => Background.Run("call the fleet", PassOnAsync()));
        return answer.Task;

        async Task PassOnAsync()
        {
            try
            {
                answer.SetResult(await Post.CallAsync(Outside, name, call));
            }
            catch (Exception e)
            {
                answer.SetException(e);
            }
        }
    }

    public void Disturb(TimeSpan until)
    {
        if (until > DisturbedUntil) DisturbedUntil = until;
    }

    public void Violate(string what) => Violations.Add($"{Time.Elapsed.TotalSeconds:0.000} s: {what}");

    public void Later(TimeSpan delay, Action work) => Time.After(delay, () =>
    {
        if (!_over) work();
    });

    public void Dispose()
    {
        _over = true;
        foreach (var member in Members.ToArray()) member.Kill();
        Air.Dispose();
    }

    private int SideOf(HostProcess process) => process.Host == _outside ? 0 : _sides.GetValueOrDefault(process.Host).Side;

    private bool IsGivenUp(HostProcess by, HostProcess member)
    {
        if (_givenUp.Contains(member) && member != by) return true;
        if (SideOf(by) == SideOf(member)) return false;
        var since = _sides.Values.Select(static side => side.Since).DefaultIfEmpty().Max();
        return Time.Elapsed - since > GivenUpAfter;
    }

    private void GiveUp(HostProcess process)
    {
        _givenUp.Add(process);
        SeeThatOneDied();
    }

    private void Dismiss(HostProcess process) => Later(TimeSpan.FromSeconds(_random.NextDouble() * 4), process.Kill);

    private void SeeThatOneDied()
    {
        foreach (var member in Members.ToArray())
            member.Enter(() => Background.Run("have all campaigns at work", WakeCampaignsAsync(member)));
    }

    private async Task WakeRadiosAsync(HostProcess process)
    {
        while (!process.Ending)
        {
            foreach (var radio in process.Fleet.Sources)
            {
                try
                {
                    var name = new ActorName(ActorKind.Adapter, AdapterId.Of(process.Host.Name, radio.Id));
                    await Post.CallAsync<AdapterActivation, bool>(process, name, static async adapter =>
                    {
                        await adapter.WakeAsync();
                        return true;
                    });
                }
                catch (Exception)
                {
                    // It is woken again in a moment.
                }
            }

            await Task.Delay(Spec.Times.Again, process.Clock);
        }
    }

    private async Task WakeCampaignsAsync(HostProcess process)
    {
        for (var tries = 0; tries < WakeTries; tries++)
        {
            try
            {
                await Post.CallAsync<DirectoryActivation, bool>(process, new(ActorKind.Directory, ""), static async directory =>
                {
                    await directory.WakeAsync();
                    return true;
                });
                return;
            }
            catch (Exception)
            {
                await Task.Delay(Spec.Times.Again, process.Clock);
            }
        }
    }

    private async Task RemindAsync()
    {
        while (!_over)
        {
            await Task.Delay(ReminderEvery, Time);
            foreach (var campaign in Reminders.Order(StringComparer.Ordinal).ToArray())
            {
                _ = CallAsync<CampaignActivation, bool>(new(ActorKind.Campaign, campaign), static activation =>
                {
                    activation.Reminded();
                    return Task.FromResult(true);
                }).ContinueWith(static call => call.Exception, TaskContinuationOptions.ExecuteSynchronously);
            }
        }
    }

    private static async Task StopAsync(HostProcess process)
    {
        await LeaveRadiosAsync(process);
        foreach (var actor in process.Actors.ToArray()) await actor.Leave();
        process.Kill();
    }

    private static async Task LeaveRadiosAsync(HostProcess process)
    {
        process.Ending = true;
        foreach (var adapter in process.Actors.Where(static actor => actor.Id.Kind == ActorKind.Adapter).ToArray()) await adapter.Leave();
    }
}
