using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Storage;

/// <summary>What the cluster stores: documents with versions, each written as a whole. It may be slow, silent, full, or out of reach.</summary>
internal sealed class Database(VirtualTime time, Random random)
{
    /// <summary>A call that got no answer fails after so long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, (string Json, int Version)> _rows = [];
    private readonly HashSet<SimulatedHost> _cut = [];

    /// <summary>How much longer than usual each call takes.</summary>
    public TimeSpan Slowness { get; set; }

    /// <summary>It does not answer. What it was told may have been written.</summary>
    public bool Silent { get; set; }

    /// <summary>It has no room left.</summary>
    public bool Full { get; set; }

    /// <inheritdoc cref="ClusterSpec.AnswersEarly"/>
    public bool AnswersEarly { get; init; }

    /// <inheritdoc cref="ClusterSpec.IgnoresVersions"/>
    public bool IgnoresVersions { get; init; }

    public int Writes { get; private set; }

    /// <summary>Writes that nobody has been answered yet.</summary>
    public int UnderWay { get; private set; }

    /// <summary>Told when somebody begins to write.</summary>
    public Action<HostProcess> Begins { get; set; } = static _ => { };

    /// <summary>Told of every document that was written, and by whom.</summary>
    public Action<HostProcess, string, string> Written { get; set; } = static (_, _, _) => { };

    /// <summary>Asked after each write, before its writer hears of it: whether the writer's host dies at this moment.</summary>
    public Func<HostProcess, string, bool> DiesNow { get; set; } = static (_, _) => false;

    /// <summary>Asked before each write: whether the writer's host dies at this moment, and nothing is written.</summary>
    public Func<HostProcess, string, bool> DiesBefore { get; set; } = static (_, _) => false;

    public string Json(string key) => _rows.GetValueOrDefault(key).Json ?? "";

    /// <summary>Stores what somebody wrote before the simulation began.</summary>
    public void Put(string key, string json) => _rows[key] = (json, _rows.GetValueOrDefault(key).Version + 1);

    public void Cut(SimulatedHost host, bool cut)
    {
        if (cut) _cut.Add(host);
        else _cut.Remove(host);
    }

    public Task<(string Json, int Version)> ReadAsync(HostProcess process, string key) => CallAsync(process, () =>
    {
        var (json, version) = _rows.GetValueOrDefault(key);
        return (json ?? "", version);
    });

    /// <returns>The new version.</returns>
    public Task<int> WriteAsync(HostProcess process, string key, string json, int version)
    {
        Begins(process);
        UnderWay++;
        var writing = CallAsync(process, () => Write(process, key, json, version), () => UnderWay--);
        return AnswersEarly ? Task.FromResult(version + 1) : writing;
    }

    private int Write(HostProcess process, string key, string json, int version)
    {
        if (DiesBefore(process, key))
        {
            process.Kill();
            throw new IOException("its writer died");
        }

        if (Full && json.Length > 0) throw new DfuException(DfuError.DataDirectoryUnusable, "there is no room left");
        var stored = _rows.GetValueOrDefault(key).Version;
        if (stored != version && !IgnoresVersions) throw new OvertakenException($"{key} is at {stored} and not at {version}");
        _rows[key] = (json, stored + 1);
        Writes++;
        Written(process, key, json);
        if (DiesNow(process, key)) process.Kill();
        return stored + 1;
    }

    private async Task<T> CallAsync<T>(HostProcess process, Func<T> work, Action? answered = null)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var there = TimeSpan.FromMilliseconds(1 + (random.NextDouble() * 4)) + (Slowness * random.NextDouble());
        var back = TimeSpan.FromMilliseconds(1 + (random.NextDouble() * 2));
        var getsLost = random.NextDouble() < 0.5;
        time.After(there, () =>
        {
            var away = Silent || _cut.Contains(process.Host);
            Action reply = static () => { };
            if (!(away && getsLost))
            {
                try
                {
                    var result = work();
                    reply = () => answer.TrySetResult(result);
                }
                catch (Exception e)
                {
                    (reply, away) = (() => answer.TrySetException(e), false);
                }
            }

            time.After(away ? Patience : back, () =>
            {
                answered?.Invoke();
                if (away) answer.TrySetException(new IOException("the database does not answer"));
                else reply();
            });
        });
        return await answer.Task;
    }
}
