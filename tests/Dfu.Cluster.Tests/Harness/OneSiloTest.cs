using Dfu.Cluster.Tests.Devices;
using Dfu.Cluster.Tests.Retention;
using Dfu.Cluster.Tests.Support;
using Dfu.Grains.Adapters;
using Dfu.Grains.Storage;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using Orleans.TestingHost;

namespace Dfu.Cluster.Tests.Harness;

/// <summary>Tests of a grain on one silo without adapters: a clock moved by hand, and storage that can be broken.</summary>
public abstract class OneSiloTest : IAsyncLifetime
{
    private protected HandTime Time { get; } = new();

    private protected MortalStorage Storage { get; } = new();

    private protected InProcessTestCluster Cluster { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddKeyedSingleton<IGrainStorage>(StorageNames.State, Storage);
            silo.Services.AddSingleton(Given.Host(Time));
            silo.AddAdapterGrains();
            Configure(silo);
        });
        Cluster = builder.Build();
        await Cluster.DeployAsync();
    }

    public async Task DisposeAsync()
    {
        await Cluster.KillClientAsync();
        foreach (var silo in Cluster.Silos.ToArray()) await Cluster.KillSiloAsync(silo);
        await Cluster.DisposeAsync();
    }

    /// <summary>What else the silo has.</summary>
    private protected virtual void Configure(ISiloBuilder silo)
    {
    }
}
