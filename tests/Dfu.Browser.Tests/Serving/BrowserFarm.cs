using Dfu.Adapters.Simulated;
using Dfu.Browser.Tests.Browsing;
using Dfu.Client;
using Dfu.Fleet.Access;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Microsoft.Playwright;

namespace Dfu.Browser.Tests.Serving;

/// <summary>One browser for all tests, and one server for most of them: virtual devices, four radios, links that drop.</summary>
public sealed class BrowserFarm : IAsyncLifetime
{
    public const string Name = "one server and one browser";
    private const int Seed = 7;
    internal const string Adapters = "sim:seed=7,adapters=4,devices=32,drop-rate=0.02,mode=app,time-scale=8";
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-browser-").FullName;
    private IPlaywright? _playwright;
    private ServerProcess? _server;
    private FleetClient? _fleet;

    public IBrowser Browser { get; private set; } = null!;

    public Uri Url => _server!.Url;

    /// <summary>The same fleet without a browser: to bring about what the pages are to show.</summary>
    public IFleetServer Fleet => _fleet!;

    public async Task InitializeAsync()
    {
        if (Chromium.Missing is not null) return;
        Assertions.SetDefaultExpectTimeout(20_000); // a busy machine may take its time
        var server = ServerProcess.StartAsync(_folder, Adapters);
        _playwright = await Playwright.CreateAsync();
        Browser = await Chromium.StartAsync(_playwright);
        _server = await server;
        _fleet = ClientOf(_server);
    }

    public async Task DisposeAsync()
    {
        if (_fleet is not null) await _fleet.DisposeAsync();
        if (Browser is not null) await Browser.DisposeAsync();
        _playwright?.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    internal static FleetClient ClientOf(ServerProcess server)
    {
        var options = new FleetClientOptions();
        options.Gateways.Add(server.Gateway);
        return new(options);
    }

    internal Task<Visit> VisitAsync(ColorScheme colours = ColorScheme.Light, int width = 1280, int height = 800) =>
        Visit.BeginAsync(Browser, Url, colours, width, height);

    /// <summary>A campaign by this name for so many of the farm's devices, from one on.</summary>
    internal Task<string> StartAsync(string name, byte[] package, int count = 6, int first = 0, CampaignPlan? plan = null) =>
        StartAsync(Fleet, name, package, count, first, plan);

    internal static async Task<string> StartAsync(IFleetServer fleet, string name, byte[] package, int count, int first = 0, CampaignPlan? plan = null)
    {
        var devices = Enumerable.Range(first, count).Select(Device).ToList();
        await using var campaign = await fleet.StartAsync(
            new()
            {
                Package = PackageReader.Read(package, null),
                PackageFile = package,
                Targets = new()
                {
                    Addresses = [.. devices],
                    Labels = [.. devices.Select((device, i) => new TargetLabel(device) { Serial = $"SN {1001 + first + i}" })],
                },
                Plan = (plan ?? new()) with { Name = name },
                By = "anna@station-1",
            },
            CancellationToken.None);
        return campaign.Id;
    }

    internal async Task<CampaignView> EndAsync(string campaign)
    {
        await using var followed = await Fleet.FollowAsync(campaign, CancellationToken.None);
        return await followed.WaitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
    }

    /// <summary>The address of a virtual device by its number.</summary>
    internal static BluetoothAddress Device(int number) => VirtualDeviceOptions.AddressFor(Seed, number);
}

[CollectionDefinition(BrowserFarm.Name)]
public sealed class BrowserFarmCollection : ICollectionFixture<BrowserFarm>;
