using System.Collections.Concurrent;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;

namespace Dfu.Cluster.Tests.Harness;

/// <summary>What is in a room.</summary>
internal sealed record RoomSettings
{
    public int Devices { get; init; } = 6;
    public int Radios { get; init; } = 2;

    /// <summary>Bytes of the application that is sent.</summary>
    public int Size { get; init; } = 12 * 4096;
    public LinkModel Link { get; init; } = LinkModel.Perfect;

    /// <summary>Simulated seconds in a real one. Grains talk in real time, so it says how slow they seem to devices.</summary>
    public double Scale { get; init; } = 20;

    public Func<VirtualDeviceOptions, int, VirtualDeviceOptions> Device { get; init; } = static (options, _) => options;
}

/// <summary>Virtual devices, radios that hear them, and the thread on which all of them live in paced virtual time.</summary>
internal sealed class Room : IAsyncDisposable
{
    /// <summary>In real time at the room's pace; a busy machine that holds the room up holds this up too.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan BeatEvery = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestBeat = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<(int Radio, BluetoothAddress Device), bool> _deaf = new();
    private readonly Dictionary<BluetoothAddress, VirtualDevice> _devices;
    private readonly Task _pump;
    private readonly ITimer _beat;

    public Room(RoomSettings settings)
    {
        Settings = settings;
        Time = new VirtualTime { Scale = settings.Scale };
        Air = new SimulatedAir(Time, settings.Link, seed: 1);
        for (var i = 0; i < settings.Devices; i++)
        {
            Air.Add(settings.Device(
                new()
                {
                    ApplicationAddress = VirtualDeviceOptions.AddressFor(1, i),
                    RequireSigned = false,
                    StartsInApplication = true,
                    HwVersion = 52,
                    Rssi = -50 - (i % 10),
                },
                i));
        }

        _devices = Air.Devices.ToDictionary(static device => device.ApplicationAddress);
        Radios = [.. Enumerable.Range(0, settings.Radios).Select(number => Air.CreateAdapter($"radio{number}", new AdapterModel()))];
        (Package, PackageFile) = Build(settings.Size);
        _beat = Time.CreateTimer(static _ => AwaitOthers(), null, BeatEvery * settings.Scale, BeatEvery * settings.Scale);
        _pump = Task.Factory.StartNew(
            () => Time.Run(() => _over.Task, waitForOtherThreads: true), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public RoomSettings Settings { get; }
    public VirtualTime Time { get; }
    public SimulatedAir Air { get; }
    public IReadOnlyList<SimulatedAdapterSource> Radios { get; }
    public Journal Journal { get; } = new();
    public DfuPackage Package { get; }
    public ReadOnlyMemory<byte> PackageFile { get; }
    public IReadOnlyList<VirtualDevice> Devices => Air.Devices;

    /// <summary>Devices that run what was sent, as their own flash says.</summary>
    public int Updated =>
        Devices.Count(device => device.InApplication && device.ActivatedImage is { } image && image.Span.SequenceEqual(Package.Images[0].Firmware.Span));

    public string Describe() =>
        string.Join(
            "\n  ",
            Devices.Select(static device => $"{device.ApplicationAddress} {device.Mode}, {device.Counters}")
                .Concat(Journal.Drives.Select(static drive => drive.ToString())));

    public static (DfuPackage Package, byte[] File) Build(int size, uint hwVersion = 52, int seed = 1)
    {
        var firmware = new byte[size];
        new Random(seed).NextBytes(firmware);
        var file = PackageWriter.Create(
            new PackageContents { Application = new FirmwareFile("app", firmware), ApplicationVersion = 2, HwVersion = hwVersion, SdReq = [0xFFFE] }, null);
        return (PackageReader.Read(file, null), file);
    }

    /// <summary>By either of its addresses, its application's.</summary>
    public BluetoothAddress DeviceOf(BluetoothAddress address) => _devices.ContainsKey(address) ? address : address.Application;

    public VirtualDevice Device(BluetoothAddress address) => _devices[DeviceOf(address)];

    public bool Hears(int radio, BluetoothAddress device) => !_deaf.ContainsKey((radio, device));

    public void SetDeaf(int radio, VirtualDevice device, bool deaf = true)
    {
        if (deaf) _deaf[(radio, device.ApplicationAddress)] = true;
        else _deaf.TryRemove((radio, device.ApplicationAddress), out _);
    }

    /// <summary>What its campaigns may do.</summary>
    public CampaignLimits Limits { get; init; } = new();

    /// <summary>A request for every device by its application address, or for the targets given.</summary>
    public CampaignRequest Request(TargetSelection? targets = null) => new()
    {
        Package = Package,
        PackageFile = PackageFile,
        Targets = targets ?? new() { Addresses = [.. Devices.Select(static device => device.ApplicationAddress)] },
        Limits = Limits,
    };

    /// <summary>Runs on the thread of devices and radios.</summary>
    public Task<T> OnPumpAsync<T>(Func<Task<T>> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Time.Post(() => _ = RunAsync());
        return done.Task;

        async Task RunAsync()
        {
            try
            {
                done.SetResult(await work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }
    }

    public Task OnPumpAsync(Func<Task> work) => OnPumpAsync(async () =>
    {
        await work();
        return true;
    });

    /// <summary>Returns when the condition holds; looks ten times in each of the room's seconds, on the thread of devices and radios.</summary>
    /// <param name="then">Done on that thread in the same moment.</param>
    public Task UntilAsync(Func<bool> holds, string what, Action? then = null) => OnPumpAsync(async () =>
    {
        var (began, patience) = (Time.Elapsed, Patience * Settings.Scale);
        while (!holds())
        {
            if (Time.Elapsed - began > patience) throw new TimeoutException($"not within {patience.TotalSeconds:0} s of the room's time: {what}");
            await Task.Delay(TimeSpan.FromSeconds(0.1), Time, CancellationToken.None);
        }

        then?.Invoke();
    });

    /// <summary>So much of the room's time passes.</summary>
    public Task AfterAsync(double seconds) => OnPumpAsync(() => Task.Delay(TimeSpan.FromSeconds(seconds), Time, CancellationToken.None));

    /// <summary>Holds the room's time up while grains get no processor: on a busy machine they would seem silent for minutes of it.</summary>
    private static void AwaitOthers()
    {
        const int Hops = 4; // as many as a call between grains takes, or so
        var answered = new TaskCompletionSource();
        Hop(Hops);
        answered.Task.Wait(LongestBeat);

        void Hop(int left) => ThreadPool.UnsafeQueueUserWorkItem(
            _ =>
            {
                if (left > 1) Hop(left - 1);
                else answered.SetResult();
            },
            null);
    }

    public async ValueTask DisposeAsync()
    {
        _beat.Dispose();
        Air.Dispose();
        _over.TrySetResult();
        await _pump;
    }
}
