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
    /// <summary>Nothing below it is wanted of what is logged.</summary>
    public LogLevel Least { get; init; } = LogLevel.Warning;

    /// <summary>Cancelled when the member is told to stop: it serves on until attempts under way have ended, but nobody new should come.</summary>
    public CancellationToken Stopping { get; init; }

    public IGrainFactory Grains => Services.GetRequiredService<IGrainFactory>();
}
