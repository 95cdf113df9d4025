using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dfu.Silo.Serve;

/// <summary>A running member, for what is served beside it in its process.</summary>
/// <param name="Services">The silo's.</param>
/// <param name="DataDirectory">Where the member keeps its files; there, and locked.</param>
/// <param name="Log">Gets what is logged beside the silo.</param>
public sealed record ServedSilo(ServerSettings Settings, IServiceProvider Services, IPEndPoint Gateway, string DataDirectory, ILoggerProvider Log)
{
    public IGrainFactory Grains => Services.GetRequiredService<IGrainFactory>();
}
