using System.Globalization;
using Dfu.Api;
using Dfu.Server.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Dfu.Benchmarks.Followers;

/// <summary>The product's event streams beside a silo, and how much memory its process uses.</summary>
internal static class FeedServer
{
    public const string Memory = "/memory";

    public static async Task<WebApplication> StartAsync(IGrainFactory grains, int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}");
        builder.Services.AddRouting();
        builder.Services.AddSingleton(grains);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddLiveFeeds();
        var app = builder.Build();
        app.UseRouting();
        app.MapGroup(ApiRoutes.Root).MapEvents();
        app.MapGet(Memory, static () => Results.Text(GC.GetTotalMemory(forceFullCollection: true).ToString(CultureInfo.InvariantCulture)));
        await app.StartAsync();
        return app;
    }
}
