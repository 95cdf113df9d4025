using Dfu.Fleet;
using Dfu.Fleet.Packages;
using Dfu.Fleet.Shells.Adapters;
using Dfu.Grains.Placement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Adapters;

public static class AdapterServices
{
    /// <summary>
    /// What adapter grains need on every silo, also on one without radios: all silos must know where to place them. Needs a
    /// <see cref="FleetHost"/> among the services. Safe to call twice.
    /// </summary>
    public static ISiloBuilder AddAdapterGrains(this ISiloBuilder silo)
    {
        var services = silo.Services;
        if (services.Any(static service => service.ServiceType == typeof(AdapterGuard))) return silo;
        services.TryAddSingleton<AdapterGuard>();
        services.TryAddSingleton(static services => new PackageShelf(
            services.GetRequiredService<FleetHost>(),
            new GrainPeers(services.GetRequiredService<IGrainFactory>()),
            services.GetRequiredService<ILogger<PackageShelf>>()));
        services.AddSingleton<AdapterWaker>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(static services => services.GetRequiredService<AdapterWaker>());
        services.AddPlacementDirector<OnOwnSilo, OwnSiloDirector>();
        return silo;
    }
}
