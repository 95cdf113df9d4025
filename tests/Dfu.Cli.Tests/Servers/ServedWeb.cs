using Dfu.Cli.Tests.Commands;
using Dfu.Server.Hosting;
using Dfu.Silo.Serve;

namespace Dfu.Cli.Tests.Servers;

/// <summary>The same with its web server; and commands to it over HTTP.</summary>
public sealed class ServedWeb : ServedFleet
{
    public Uri Url { get; private set; } = null!;

    /// <summary>A command to this server, found by its address.</summary>
    internal Task<Played> AtAsync(params string[] arguments) => Played.RunAsync([.. arguments, "--server", Url.ToString()]);

    protected override ServerSettings With(ServerSettings settings) => settings with
    {
        Beside = async (silo, stop) =>
        {
            var web = await FleetWeb.StartAsync(new() { Urls = [new("http://127.0.0.1:0")] }, silo, TimeProvider.System, stop);
            Url = web.Url;
            return web;
        },
    };
}
