using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Dfu.Adapters.Simulated.Air;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.Simulated.Adapter;

/// <summary>An open simulated radio.</summary>
internal sealed class SimulatedAdapter : IAdapter
{
    private static readonly TimeSpan SpacingPerLink = TimeSpan.FromMilliseconds(7.5);

    private readonly SimulatedAir _air;
    private readonly SimulatedAdapterSource _source;
    private readonly EventQueue _events;
    private readonly Random _random;
    private readonly List<SimulatedLink> _links = [];
    private readonly Dictionary<int, int> _paths = [];
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Channel<Advertisement>? _scan;
    private EventQueue.Scheduled? _scanTick;
    private PendingConnect? _connecting;

    public SimulatedAdapter(SimulatedAir air, SimulatedAdapterSource source)
    {
        (_air, _source, _events) = (air, source, air.Events);
        _random = air.RandomFor(1, source.Index, 0);
    }

    public string Name => $"simulated radio {_source.Id}";

    public BluetoothAddress? Address => new BluetoothAddress(0x02_00_00_00_00_00ul + (ulong)_source.Index);

    public int MaxLinks => _source.Model.MaxLinks;

    public Task<string> Lost => _lost.Task;

    internal string Identity => _source.Identity;

    internal bool GivesIdentityKey => _source.Model.GivesIdentityKey;

    /// <summary>Time between connection events of each link: a radio gives every link 7.5 ms, a slow one more.</summary>
    internal TimeSpan Spacing
    {
        get
        {
            var needed = SpacingPerLink * Math.Max(1, (_links.Count + _source.Model.Radios - 1) / _source.Model.Radios);
            return (needed > _air.Link.Interval ? needed : _air.Link.Interval) * _source.Model.Slowness;
        }
    }

    public async IAsyncEnumerable<Advertisement> ScanAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Channel<Advertisement> scan;
        using (_events.Enter())
        {
            if (_lost.Task.IsCompleted) throw LostError();
            if (_scan is not null) throw new InvalidOperationException("one scan at a time");
            _scan = scan = Channel.CreateBounded<Advertisement>(
                new BoundedChannelOptions(4096) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });
            _scanTick = _events.After(_air.Link.AdvertisingInterval, ScanTick);
        }

        try
        {
            while (await scan.Reader.WaitToReadAsync(cancellationToken))
            {
                while (scan.Reader.TryRead(out var advertisement)) yield return advertisement;
            }
        }
        finally
        {
            using (_events.Enter())
            {
                _scanTick?.Cancel();
                _scan = null;
            }
        }
    }

    public async Task<IDfuLink> ConnectAsync(BluetoothAddress address, AddressType addressType, LinkOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        PendingConnect pending;
        using (_events.Enter())
        {
            if (_lost.Task.IsCompleted) throw LostError();
            if (_connecting is not null) throw new DfuException(DfuError.ConnectFailed, $"{Name} is connecting already; one connect at a time");
            if (_links.Count >= MaxLinks) throw new DfuException(DfuError.AdapterFull, $"{Name} holds {_links.Count} links");
            _connecting = pending = new PendingConnect(address, addressType, options.PreferredMtu);
            pending.Timeout = _events.After(options.ConnectTimeout, () => Fail(pending, DfuError.ConnectTimeout, $"{address} did not answer"));
            var there = _air.DevicesUnderLock.FirstOrDefault(device => device.Advertises is { } heard && pending.Means(heard.Address));
            if (there is not null) OnHeard(there, address);
        }

        await using var registration = cancellationToken.Register(() =>
        {
            using (_events.Enter())
            {
                if (Forget(pending)) pending.Link.TrySetCanceled(cancellationToken);
            }
        });
        return await pending.Link.Task;
    }

    public async ValueTask DisposeAsync()
    {
        List<SimulatedLink> links;
        using (_events.Enter())
        {
            if (_connecting is { } pending) Fail(pending, DfuError.AdapterLost, $"{Name} was closed");
            links = [.. _links];
            foreach (var link in links) link.CloseByHost();
        }

        foreach (var link in links) await link.Closed;
        using (_events.Enter())
        {
            _lost.TrySetResult("closed");
            _scan?.Writer.TryComplete();
            _source.Closed(this);
        }
    }

    /// <summary>A device advertises: the connect that waits for it begins.</summary>
    internal void OnHeard(VirtualDevice device, BluetoothAddress address)
    {
        if (_connecting is not { } pending || !pending.Means(address) || pending.Attempt is { Cancelled: false }) return;
        pending.Attempt = _events.After(_source.Model.ConnectTime, () => Establish(pending, device));
    }

    internal void OnLinkEnded(SimulatedLink link)
    {
        if (_links.Remove(link)) Respace();
    }

    internal void Lose(string reason)
    {
        if (!_lost.TrySetResult(reason)) return;
        if (_connecting is { } pending) Fail(pending, DfuError.AdapterLost, reason);
        _scanTick?.Cancel();
        _scan?.Writer.TryComplete(LostError());
        foreach (var link in _links.ToList()) link.LoseAdapter(reason);
    }

    private void Establish(PendingConnect pending, VirtualDevice device)
    {
        if (device.Advertises?.Address != pending.Address || !device.Admits(_source.Identity)) return;
        if (_source.Fault.HasFlag(AdapterFault.FailsConnects) || _random.NextDouble() < _source.Model.ConnectFailureRate)
        {
            Fail(pending, DfuError.ConnectFailed, $"{pending.Address}: connection failed to be established (0x3e)");
            return;
        }

        Forget(pending);
        var random = _air.RandomFor(2, device.Index, device.Counters.Connects);
        var link = new SimulatedLink(_air, this, device, pending.PreferredMtu, random);
        _links.Add(link);
        device.OnConnected(link);
        Respace();
        if (!pending.Link.TrySetResult(link)) link.CloseByHost();
    }

    private void Respace()
    {
        var spacing = Spacing;
        foreach (var link in _links)
        {
            if (link.Interval != spacing) link.ChangeSpacing(spacing);
        }
    }

    private void Fail(PendingConnect pending, DfuError error, string detail)
    {
        if (Forget(pending)) pending.Link.TrySetException(new DfuException(error, detail));
    }

    private bool Forget(PendingConnect pending)
    {
        pending.Timeout?.Cancel();
        pending.Attempt?.Cancel();
        if (!ReferenceEquals(_connecting, pending)) return false;
        _connecting = null;
        return true;
    }

    private void ScanTick()
    {
        if (_scan is not { } scan) return;
        _scanTick = _events.After(_air.Link.AdvertisingInterval, ScanTick);
        if (_source.Fault.HasFlag(AdapterFault.HearsNothing)) return;
        foreach (var device in _air.DevicesUnderLock)
        {
            if (device.Advertises is not { } heard) continue;
            var advertisement = new Advertisement(heard.Address, AddressType.Random, device.Options.Rssi, heard.Name, DfuService: true, Connectable: true);
            Hear(scan, advertisement with { Others = device.Others }, device.Index);
        }

        for (var i = 0; i < _air.Bystanders.Count; i++) Hear(scan, _air.Bystanders[i], -1 - i);
    }

    private void Hear(Channel<Advertisement> scan, in Advertisement advertisement, int sender)
    {
        var rssi = advertisement.Rssi + PathOf(sender) + _random.Next(-_source.Model.RssiJitter, _source.Model.RssiJitter + 1);
        if (rssi >= _source.Model.Sensitivity) scan.Writer.TryWrite(advertisement with { Rssi = rssi });
    }

    /// <summary>What the way from this sender to this radio adds to its signal strength, always the same.</summary>
    private int PathOf(int sender)
    {
        if (_paths.TryGetValue(sender, out var path)) return path;
        var spread = _source.Model.PathSpread;
        return _paths[sender] = _air.RandomFor(3, sender, _source.Index).Next(-spread, spread + 1);
    }

    private DfuException LostError() => new(DfuError.AdapterLost, $"{Name}: {(_lost.Task.IsCompletedSuccessfully ? _lost.Task.Result : "lost")}");

    private sealed class PendingConnect(BluetoothAddress address, AddressType addressType, int preferredMtu)
    {
        public BluetoothAddress Address => address;
        public int PreferredMtu => preferredMtu;
        public TaskCompletionSource<IDfuLink> Link { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public EventQueue.Scheduled? Timeout { get; set; }
        public EventQueue.Scheduled? Attempt { get; set; }

        /// <summary>Virtual devices have random addresses; the same digits as a public address are somebody else.</summary>
        public bool Means(BluetoothAddress heard) => heard == address && addressType == AddressType.Random;
    }
}
