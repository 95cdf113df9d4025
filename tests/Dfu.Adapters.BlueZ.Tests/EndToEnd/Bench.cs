using System.Globalization;
using Dfu.Adapters.BlueZ.Bus;
using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Adapters.BlueZ.Links;
using Dfu.Adapters.BlueZ.Tests.Links;
using Dfu.Adapters.BlueZ.Tests.StandIn;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Stations;

namespace Dfu.Adapters.BlueZ.Tests.EndToEnd;

/// <summary>Virtual devices, dongles over them, a bluetoothd and a bus in between, and the whole adapter on the other side of that bus.</summary>
internal sealed class Bench : IAsyncDisposable
{
    private readonly List<SimulatedAdapterSource> _radios = [];
    private readonly FakeSysfs _sysfs = new();
    private readonly double _speed;

    private Bench(double speed, TimeProvider time, TimeProvider hostTime, PrivateBus bus, BlueZStandIn bluez, int devices, BootloaderProfile profile)
    {
        _speed = speed;
        (Time, Bus, BlueZ, Air) = (time, bus, bluez, new(time, LinkModel.Perfect, 1));
        for (var i = 0; i < devices; i++)
            Devices.Add(Air.Add(new() { ApplicationAddress = VirtualDeviceOptions.AddressFor(1, i), Profile = profile, RequireSigned = false }));
        Host = new(
            new() { BusAddress = bus.Address, Sysfs = _sysfs.Root },
            hostTime,
            new(
                static () => new FakeKernel { MayConfigure = false }, // a test never touches this machine's own controllers
                async cancellationToken => await BlueZObjects.OpenAsync(bus.Address, hostTime, cancellationToken),
                (objects, kernel, index) => new LinkOpener(objects, kernel, index, hostTime),
                () => Controllers.List(_sysfs.Root)));
    }

    public TimeProvider Time { get; }
    public PrivateBus Bus { get; }
    public BlueZStandIn BlueZ { get; }
    public SimulatedAir Air { get; }
    public List<VirtualDevice> Devices { get; } = [];
    public List<StandInAdapter> Dongles { get; } = [];
    public BlueZHost Host { get; }

    /// <param name="speed">Seconds for radios and devices in one real second.</param>
    /// <param name="hostSpeed">The same for the host, whose time-outs a busy machine must be able to keep; that of the others when not given.</param>
    public static async Task<Bench> StartAsync(
        int dongles, int devices, StandInOptions? options = null, double speed = 4, double? hostSpeed = null, BootloaderProfile? profile = null)
    {
        var time = new ScaledTime(speed);
        var hostTime = hostSpeed is { } own ? new ScaledTime(own) : time;
        var bus = await PrivateBus.StartAsync();
        var bench = new Bench(
            speed, time, hostTime, bus, await BlueZStandIn.StartAsync(bus, time, options), devices, profile ?? BootloaderProfile.Sdk17);
        for (var i = 0; i < dongles; i++)
        {
            bench._radios.Add(bench.Air.CreateAdapter(Port(i), new AdapterModel()));
            await bench.PlugInAsync(i, i);
        }

        return bench;
    }

    /// <summary>bluez:usb-PORT, one for each dongle.</summary>
    public IReadOnlyList<IAdapterSource> Sources() => [.. _radios.Select((_, dongle) => Source(dongle))];

    public IAdapterSource Source(int dongle)
    {
        var id = $"bluez:usb-{Port(dongle)}";
        return BlueZSpec.TryParse(id, out var spec) ? Host.Source(spec, id) : throw new FormatException(id);
    }

    public async Task PlugInAsync(int dongle, int index)
    {
        _sysfs.Add(index, Port(dongle));
        var shown = await BlueZ.PlugInAsync(index, _radios[dongle]);
        if (dongle < Dongles.Count) Dongles[dongle] = shown;
        else Dongles.Add(shown);
    }

    public async Task PullOutAsync(int dongle)
    {
        _sysfs.Remove(Dongles[dongle].Index);
        await BlueZ.PullOutAsync(Dongles[dongle]);
    }

    /// <summary>Updates every device; <paramref name="trouble"/> runs when transfers are well under way.</summary>
    public async Task<CampaignView> UpdateAsync(int bytes, Func<Task>? trouble = null)
    {
        var image = new byte[bytes];
        new Random(1).NextBytes(image);
        var package = PackageReader.Read(
            PackageWriter.Create(
                new PackageContents { Application = new FirmwareFile("app", image), ApplicationVersion = 1, HwVersion = 52, SdReq = [0x0100] }, null),
            null);
        // On a thread of its own: the station's clock is a pump, which everything else here runs beside.
        var pump = new VirtualTime { Scale = _speed };
        var view = await Task.Run(() => pump.Run(() => UpdateAsync(package, pump, trouble), waitForOtherThreads: true));
        Assert.True(view.Outcome == CampaignOutcome.Succeeded, Describe(view));
        Assert.All(Devices, device => Assert.Equal(image, device.ActivatedImage?.ToArray()));
        return view;
    }

    private async Task<CampaignView> UpdateAsync(DfuPackage package, VirtualTime pump, Func<Task>? trouble)
    {
        await using var station = new SimulatedStation(new(pump), Sources(), new FleetPolicy(), UpdateRun.RunAsync);
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(300), pump);
        await station.StartAsync(
            new CampaignRequest { Package = package, Targets = new() { Addresses = [.. Devices.Select(static device => device.ApplicationAddress)] } },
            late.Token);
        var over = station.WaitAsync(late.Token);
        if (trouble is not null)
        {
            // A link begins with an init packet; this many requests are some objects further.
            await await Task.WhenAny(BlueZ.Faults.CalledAsync("WriteValue", 16), over);
            Assert.False(over.IsCompleted, "the update was over before the trouble began");
            await trouble();
        }

        try
        {
            return await over;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"not over in time: {Describe(station.Snapshot())}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await BlueZ.DisposeAsync();
        await Bus.DisposeAsync();
        Air.Dispose();
        _sysfs.Dispose();
    }

    private static string Port(int dongle) => string.Create(CultureInfo.InvariantCulture, $"1-1.{dongle + 1}");

    private static string Describe(CampaignView view) =>
        string.Join("\n", view.Devices.Select(static device => $"{device.Application} {device.Phase} {device.Outcome} {device.Error} {device.Attempts} "
            + $"attempts, {device.BytesConfirmed} of {device.BytesTotal}: {device.Detail}")
            .Concat(view.Adapters.Select(static adapter => $"{adapter.Id} {adapter.Status}")));
}
