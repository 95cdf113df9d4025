using System.CommandLine;
using System.Net;
using System.Net.Security;
using System.Text.Json;
using Dfu.Cli.Servers;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Files;

namespace Dfu.Cli.Commands;

/// <summary><c>dfu health</c>: for who watches over a server and has no other program to ask it with, such as a container's health check.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(10);

    public static Command Create(Terminal terminal)
    {
        var dataDir = Arguments.Option.Text("--data-dir", "The server's data directory (default: ~/.local/share/dfu).", "DIR");
        var command = new Command("health", "Ask the server on this machine whether it is ready.") { dataDir };
        command.SetAction(async (result, cancellationToken) =>
        {
            var directory = Path.GetFullPath(result.GetValue(dataDir) ?? DataDirectory.Default);
            var url = ServerPlace.FilesOf(directory).Select(static file => file.Url).FirstOrDefault(static url => url is not null)
                ?? throw new DfuException(DfuError.ServerUnreachable, $"no server with a console or API runs on the data directory {directory}")
                {
                    Remedy = "Start one with 'dfu serve'; with --urls none it has nothing to be asked by.",
                };
            var (ready, said) = await AskAsync(new Uri(url, "health/ready"), cancellationToken);
            terminal.Out.WriteLine(said);
            return ready ? ExitCode.Succeeded : ExitCode.Environment;
        });
        return command;
    }

    private static async Task<(bool Ready, string Said)> AskAsync(Uri url, CancellationToken cancellationToken)
    {
        // The file in the data directory says where the server is, and nothing is sent that anybody could use: whose certificate it is does not matter here,
        // and its names are those that others know the server by.
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new()
            {
                RemoteCertificateValidationCallback = static (_, _, _, errors) => !errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable),
            },
        };
        using var client = new HttpClient(handler) { Timeout = LongestAnswer };
        try
        {
            // By an address, whichever it was found by: a server that was given its name takes no other one, not even localhost.
            using var request = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { Host = IPAddress.Loopback.ToString() } };
            using var answer = await client.SendAsync(request, cancellationToken);
            if (answer.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable)) throw NoAnswer(url, $"it answers {(int)answer.StatusCode}");
            using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellationToken));
            if (answer.IsSuccessStatusCode) return (true, "ready");
            return (false, $"not ready: {string.Join("; ", Missing(document.RootElement.GetProperty("checks")))}");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw NoAnswer(url, e.Message.TrimEnd('.'), e);
        }
        catch (TaskCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw NoAnswer(url, $"no answer within {LongestAnswer.TotalSeconds:0} s", e);
        }
    }

    private static IEnumerable<string> Missing(JsonElement checks) =>
        from check in checks.EnumerateObject()
        where !check.Value.GetProperty("ok").GetBoolean()
        select $"{check.Name}: {check.Value.GetProperty("detail").GetString()}";

    private static DfuException NoAnswer(Uri url, string why, Exception? cause = null) =>
        new(DfuError.ServerUnreachable, $"the server does not say at {url} whether it is ready: {why}", cause!)
        {
            Remedy = "Look at what the server says on standard error.",
        };
}
