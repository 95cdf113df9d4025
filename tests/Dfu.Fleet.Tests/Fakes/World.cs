using Dfu.Adapters;
using Dfu.Fleet.Attempts;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Tests.Fakes;

/// <summary>Devices that advertise while nobody is connected to them, and what the scripted runner did to them.</summary>
internal sealed class World
{
    public Dictionary<BluetoothAddress, FakeDevice> Devices { get; } = [];

    /// <summary>Attempts that ran at the same time on one device: never more than one.</summary>
    public int MostDriversPerDevice { get; set; }

    public static BluetoothAddress Address(int n) => new(0xC0_00_00_00_00_00ul + ((ulong)n * 16));

    public World Add(int count)
    {
        for (var n = 1; n <= count; n++) Devices.TryAdd(Address(n), new(Address(n)));
        return this;
    }

    public IEnumerable<FakeDevice> Advertising => Devices.Values.Where(device => device.Silent is false && device.Link is null);

    /// <summary>How long the scripted runner takes for an object.</summary>
    public TimeSpan ObjectTime { get; set; } = TimeSpan.FromMilliseconds(100);

    public FakeDevice? At(BluetoothAddress address) => Devices.GetValueOrDefault(address) ?? Devices.GetValueOrDefault(address.Application);
}

internal sealed class FakeDevice(BluetoothAddress application)
{
    public BluetoothAddress Application { get; } = application;
    public bool InBootloader { get; set; }
    public bool Silent { get; set; }

    /// <summary>It advertises and answers no connect.</summary>
    public bool Mute { get; set; }
    public FakeLink? Link { get; set; }
    public long Held { get; set; }
    public int Activations { get; set; }
    public int Drivers { get; set; }

    /// <summary>What the next attempts of the scripted runner end with, first one first; after them all go well.</summary>
    public Queue<Exception> Failures { get; } = new();
    public Exception? AlwaysFails { get; set; }

    /// <summary>Obeys the last EXECUTE of an image.</summary>
    public void Activate(bool lastImage)
    {
        Held = 0;
        if (!lastImage) return;
        Activations++;
        InBootloader = false;
    }

    public BluetoothAddress Address => InBootloader && !Bonds ? Application.Bootloader : Application;
    public string Name => InBootloader ? BootloaderName : "Sensor";
    public string BootloaderName { get; set; } = "DfuTarg";

    /// <summary>Its bootloader shares the application's bond and so its address.</summary>
    public bool Bonds { get; set; }
}

internal sealed class FakeSource(World world, TimeProvider time, string id) : IAdapterSource
{
    public string Id => id;
    public bool Present { get; set; } = true;
    public int Opened { get; private set; }
    public int MaxLinks { get; set; } = 8;
    public FakeAdapter? Current { get; private set; }
    public List<RecoveryStep> Steps { get; } = [];

    /// <summary>How many connects, and closings of its radios, never come back whatever they are told.</summary>
    public int HangingConnects { get; set; }
    public int HangingClosings { get; set; }

    /// <summary>Devices it cannot hear.</summary>
    public HashSet<BluetoothAddress> Deaf { get; } = [];
    public Protocol.Errors.DfuException? Refuses { get; set; }

    /// <summary>Its radios break whenever they are to connect to this device.</summary>
    public BluetoothAddress? BreaksAt { get; set; }

    public async Task<IAdapter> OpenAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellationToken);
        if (Refuses is not null) throw Refuses;
        if (!Present) throw new Protocol.Errors.DfuException(Protocol.Errors.DfuError.AdapterNotFound, $"{id} is not there");
        Opened++;
        return Current = new FakeAdapter(world, time, this);
    }

    /// <summary>None of its connects succeeds while this is set.</summary>
    public bool ConnectsFail { get; set; }

    /// <summary>The gentlest step of the ladder after which connects succeed again; null for none.</summary>
    public RecoveryStep? CuredBy { get; set; }

    public Task<bool> RecoverAsync(RecoveryStep step, CancellationToken cancellationToken)
    {
        Steps.Add(step);
        if (step >= CuredBy) ConnectsFail = false;
        return Task.FromResult(true);
    }

    /// <summary>The radio is pulled out.</summary>
    public void Unplug()
    {
        Present = false;
        Current!.Lose();
    }
}

internal sealed class FakeAdapter(World world, TimeProvider time, FakeSource source) : IAdapter
{
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _gone = new();
    private readonly List<FakeLink> _links = [];
    private int _connecting;

    public string Name => "fake " + source.Id;
    public BluetoothAddress? Address => null;
    public int MaxLinks => source.MaxLinks;
    public Task<string> Lost => _lost.Task;
    public int MostConnects { get; private set; }
    public int MostLinks { get; private set; }

    public async IAsyncEnumerable<Advertisement> ScanAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _gone.Token);
        while (true)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), time, either.Token);
            foreach (var device in world.Advertising.ToArray())
            {
                if (!source.Deaf.Contains(device.Application)) yield return new(device.Address, AddressType.Random, -60, device.Name, true, true);
            }
        }
    }

    public async Task<IDfuLink> ConnectAsync(BluetoothAddress address, AddressType addressType, LinkOptions options, CancellationToken cancellationToken)
    {
        if (source.HangingConnects-- > 0) await new TaskCompletionSource().Task;
        MostConnects = Math.Max(MostConnects, ++_connecting);
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _gone.Token);
            await Task.Delay(TimeSpan.FromMilliseconds(150), time, either.Token);
            var device = world.At(address);
            if (device is not null && device.Application == source.BreaksAt)
            {
                Lose();
                throw new Protocol.Errors.DfuException(Protocol.Errors.DfuError.AdapterLost, "it broke");
            }

            if (source.ConnectsFail) throw new Protocol.Errors.DfuException(Protocol.Errors.DfuError.ConnectFailed, "0x3e");
            if (device is null || device.Silent || device.Mute || device.Link is not null)
                throw new Protocol.Errors.DfuException(Protocol.Errors.DfuError.ConnectTimeout, "no answer");
            var link = new FakeLink(device, time);
            device.Link = link;
            lock (_links)
            {
                _links.Add(link);
                MostLinks = Math.Max(MostLinks, _links.Count);
            }

            _ = ForgetAsync(link);
            return link;
        }
        finally
        {
            _connecting--;
        }
    }

    public void Lose()
    {
        _lost.TrySetResult("pulled out");
        _gone.Cancel();
        FakeLink[] open;
        lock (_links) open = [.. _links];
        foreach (var link in open) link.Close(LinkClosure.SupervisionTimeout);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_gone.IsCancellationRequested) Lose();
        if (source.HangingClosings-- > 0) await new TaskCompletionSource().Task;
    }

    private async Task ForgetAsync(FakeLink link)
    {
        await link.Closed;
        lock (_links) _links.Remove(link);
    }
}

/// <summary>A link the scripted runner only holds; values do not move over it.</summary>
internal sealed class FakeLink(FakeDevice device, TimeProvider time) : IDfuLink
{
    private readonly TaskCompletionSource<LinkClosure> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FakeDevice Device { get; } = device;
    public int Mtu => 247;
    public IReadOnlySet<DfuCharacteristic> Characteristics { get; } = new HashSet<DfuCharacteristic> { DfuCharacteristic.ControlPoint,
        DfuCharacteristic.Packet };
    public TimeSpan? Interval => null;
    public bool KeepsOrder => true;
    public System.Threading.Channels.ChannelReader<LinkNotification> Notifications => throw new NotSupportedException();
    public Task<LinkClosure> Closed => _closed.Task;

    /// <param name="link">As an attempt gets it.</param>
    public static FakeLink Of(IDfuLink link) => (FakeLink)((LeasedLink)link).Inner;

    /// <summary>How long the host takes to close it.</summary>
    public TimeSpan ClosesAfter { get; set; }
    public bool IsClosed => _closed.Task.IsCompleted;

    public void Close(byte reason)
    {
        if (_closed.TrySetResult(new(reason)) && Device.Link == this) Device.Link = null;
    }

    public Task SecureAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public async ValueTask DisposeAsync()
    {
        if (!IsClosed && ClosesAfter > TimeSpan.Zero) await Task.Delay(ClosesAfter, time, CancellationToken.None);
        Close(LinkClosure.LocalHost);
    }
}
