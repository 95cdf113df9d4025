using Dfu.Grains;
using Dfu.Grains.Storage;
using Dfu.Protocol.Links;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Runtime.Hosting;
using Orleans.Storage;
using Orleans.TestingHost;

namespace Dfu.Cluster.Tests.Devices;

/// <summary>A silo with real device and package grains among scripted neighbours. Tests share it, each with devices of its own.</summary>
public sealed class DeviceCluster : IAsyncLifetime
{
    private static readonly Type[] Scripted = [typeof(ScriptedAdapter), typeof(ScriptedScheduler), typeof(ScriptedCampaign)];
    private InProcessTestCluster? _cluster;
    private int _devices;

    internal Steps Steps { get; } = new();

    internal ManualTime Time { get; } = new();

    internal ScriptedStorage Storage { get; private set; } = null!;

    internal Neighbours Neighbours { get; private set; } = null!;

    internal IGrainFactory Grains => _cluster!.Client;

    internal InProcessTestCluster Cluster => _cluster!;

    public async Task InitializeAsync()
    {
        (Storage, Neighbours) = (new(Steps), new(Steps));
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(Given.Host(Time)).AddSingleton(Neighbours);
            silo.Services.AddGrainStorage<IGrainStorage>(StorageNames.State, (_, _) => Storage);
        });
        builder.ConfigureSilo((_, silo) => silo.Services.PostConfigure<GrainTypeOptions>(static types =>
        {
            types.Classes.RemoveWhere(static type =>
                type.GetInterfaces().Any(static face => face == typeof(IAdapterGrain) || face == typeof(ISchedulerGrain) || face == typeof(ICampaignGrain)));
            types.Classes.UnionWith(Scripted);
        }));
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async Task DisposeAsync()
    {
        if (_cluster is null) return;
        await _cluster.StopAllSilosAsync();
        await _cluster.DisposeAsync();
    }

    /// <summary>An address no other test has.</summary>
    internal BluetoothAddress NewDevice() => new(0xC0_00_00_00_00_00UL + (16UL * (ulong)Interlocked.Increment(ref _devices)));

    internal IDeviceGrain Device(BluetoothAddress id) => Grains.GetGrain<IDeviceGrain>(id.ToString());
}
