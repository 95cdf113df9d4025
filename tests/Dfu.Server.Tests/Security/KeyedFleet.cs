using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Dfu.Fleet.AccessKeys;
using Dfu.Grains;
using Dfu.Server.Hosting;
using Microsoft.Extensions.Logging;

namespace Dfu.Server.Tests.Security;

/// <summary>A server that everybody needs a key for, over http as behind a proxy and over https, and keys of all kinds.</summary>
public sealed class KeyedFleet : IAsyncLifetime
{
    public const string Name = "keyed fleet";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dfu-keyed-");

    private readonly ScrapedMetrics _metrics = ScrapedMetrics.Begin("station");

    public ServedFleet Served { get; private set; } = null!;

    public Uri Https { get; private set; } = null!;

    /// <summary>To <see cref="Https"/>; takes the test's certificate and no other.</summary>
    public HttpClient Tls { get; private set; } = null!;

    /// <summary>The file with the certificate that <see cref="Https"/> shows.</summary>
    public string Certificate => Path.Combine(_folder.FullName, "web.pem");

    public string Thumbprint { get; private set; } = "";

    public string Viewer { get; private set; } = "";

    public string Operator { get; private set; } = "";

    public string Admin { get; private set; } = "";

    public async Task InitializeAsync()
    {
        var certificate = new TestCertificate(_folder.FullName);
        Thumbprint = certificate.Thumbprint;
        Served = await ServedFleet.StartAsync(
            web: settings => settings with
            {
                Urls = [new("http://127.0.0.1:0"), new("https://127.0.0.1:0")], BehindProxy = true, Certificate = certificate.Files,
                OrleansDashboard = true, Metrics = _metrics,
            },
            with: static settings => settings with { LogLevel = LogLevel.Information, Silo = OrleansDashboard.AddTo });
        Https = Served.Web.Urls.Single(static url => url.Scheme == Uri.UriSchemeHttps);
        Tls = new(new SocketsHttpHandler
        {
            UseCookies = false,
            AllowAutoRedirect = false,
            SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == Thumbprint },
        })
        {
            BaseAddress = Https,
        };
        (Viewer, Operator, Admin) =
            (await SecretAsync("look", AccessRole.Viewer), await SecretAsync("run", AccessRole.Operator), await SecretAsync("rule", AccessRole.Admin));
    }

    public async Task DisposeAsync()
    {
        Tls.Dispose();
        await Served.DisposeAsync();
        _metrics.Dispose();
        _folder.Delete(true);
    }

    public string Of(string role) => role switch { "viewer" => Viewer, "operator" => Operator, _ => Admin };

    public async Task<NewAccessKey> MakeAsync(string name, AccessRole role, DateTimeOffset? expires = null) =>
        await Served.Fleet.CreateAccessKeyAsync(new(name, role, expires, "anna@line-3"), CancellationToken.None);

    /// <summary>A key whose time is over.</summary>
    public async Task<NewAccessKey> ExpiredAsync(string name)
    {
        // The fleet takes none that has expired already: this one is in force for the time that making it takes.
        var (id, secret) = AccessSecret.Make();
        var grain = Served.Silo.Grains.GetGrain<IAccessKeysGrain>(0);
        var end = TimeProvider.System.GetUtcNow() + TimeSpan.FromMilliseconds(300);
        var key = new AccessKey(id, name, AccessRole.Admin, end, "anna@line-3") { ExpiresAt = end };
        await grain.AddAsync(new(key, AccessSecret.HashOf(secret)));
        return new(key, secret);
    }

    /// <param name="from">The address of whom the proxy says that they ask.</param>
    public Task<HttpResponseMessage> SendAsync(string method, string path, string? key = null, string? from = null, Action<HttpRequestMessage>? with = null)
    {
        var request = new HttpRequestMessage(new(method), path);
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (from is not null) request.Headers.Add("X-Forwarded-For", from);
        with?.Invoke(request);
        return Served.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>A change is sent with an empty JSON object.</summary>
    public async Task<HttpStatusCode> StatusAsync(string method, string path, string? key = null, string? from = null)
    {
        using var response = await SendAsync(method, path, key, from, request =>
        {
            if (method is not ("GET" or "HEAD")) request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        });
        return response.StatusCode;
    }

    private async Task<string> SecretAsync(string name, AccessRole role) => (await MakeAsync(name, role)).Secret;
}

[CollectionDefinition(KeyedFleet.Name)]
public sealed class KeyedFleetCollection : ICollectionFixture<KeyedFleet>;
