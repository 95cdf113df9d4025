using System.Diagnostics;
using System.Net;
using System.Text;

namespace Dfu.Browser.Tests.Serving;

/// <summary><c>dfu serve</c>, as it was built, with a virtual farm.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const string Console = "console and HTTP API at ";
    private const string Ready = "ready ";
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly StringBuilder _said = new();
    private readonly TaskCompletionSource<Uri> _url = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<IPEndPoint> _gateway = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(string[] arguments)
    {
        var dfu = Path.Combine(AppContext.BaseDirectory, "dfu.dll");
        _process = new()
        {
            StartInfo = new("dotnet", [dfu, "serve", "--name", "station-1", .. arguments])
            {
                RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
            },
            EnableRaisingEvents = true,
        };
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.Exited += (_, _) => _url.TrySetException(new InvalidOperationException($"the server ended: {Said}"));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public Uri Url => _url.Task.Result;

    public IPEndPoint Gateway => _gateway.Task.Result;

    private string Said
    {
        get
        {
            lock (_said) return _said.ToString();
        }
    }

    /// <summary>Returns when its console and its gateway answer.</summary>
    public static async Task<ServerProcess> StartAsync(string folder, string farm, params string[] more)
    {
        string[] urls = more.Contains("--urls") ? [] : ["--urls", "http://127.0.0.1:0"];
        var server = new ServerProcess(["--data-dir", Path.Combine(folder, "data"), "--adapter", farm, .. urls, .. more]);
        try
        {
            await server._url.Task.WaitAsync(Longest, TimeProvider.System);
            await server._gateway.Task.WaitAsync(Longest, TimeProvider.System);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>As when the power goes.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        lock (_said) _said.AppendLine(line);
        if (line.Split(Console) is [_, var where]) _url.TrySetResult(new(where.Split(' ')[0]));
        if (line.StartsWith(Ready, StringComparison.Ordinal)) _gateway.TrySetResult(IPEndPoint.Parse(line.Split(' ')[^1]));
    }
}
