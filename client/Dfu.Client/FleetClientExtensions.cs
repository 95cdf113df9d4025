using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dfu.Client;

public static class FleetClientExtensions
{
    /// <summary>Adds a <see cref="FleetClient"/>, which connects when it is first used and is let go with the program's services.</summary>
    public static IServiceCollection AddDfuFleetClient(this IServiceCollection services, Action<FleetClientOptions> configure)
    {
        var options = new FleetClientOptions();
        configure(options);
        return services.AddSingleton(provider => new FleetClient(options, provider.GetService<TimeProvider>(), provider.GetService<ILoggerFactory>()));
    }
}
