using System.Globalization;

namespace Dfu.BlueZ.Rig.Machine;

internal sealed record GuestResult(int Status, string Output, string Errors, double Seconds)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>A command that runs in the machine.</summary>
internal sealed class GuestCommand(Guest guest, string file, string script, TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _began = time.GetTimestamp();
    private double _seconds;

    public string File => file;

    public bool IsOver => _ended.Task.IsCompleted;

    /// <summary>What it has written so far.</summary>
    public string Output => Read(".out");

    public string Errors => Read(".err");

    /// <summary>Its status, output and time.</summary>
    /// <exception cref="RigException">It takes longer, or the machine ends.</exception>
    public async Task<GuestResult> EndAsync(TimeSpan within, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(within, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        try
        {
            var status = await _ended.Task.WaitAsync(either.Token);
            return new(status, Output, Errors, _seconds);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw new RigException(
                string.Create(CultureInfo.InvariantCulture, $"'{Short}' was not over after {within.TotalSeconds:0} s; the last it said:\n{Said}"));
        }
    }

    /// <summary>Waits until what it writes to its output or error output satisfies.</summary>
    /// <exception cref="RigException">It does not in time, or the command ends before.</exception>
    public async Task UntilAsync(Func<GuestCommand, bool> reached, string what, double seconds, CancellationToken stop)
    {
        var since = time.GetTimestamp();
        while (!reached(this))
        {
            if (IsOver && !reached(this)) throw new RigException($"'{Short}' ended before {what}:\n{Said}");
            if (time.GetElapsedTime(since).TotalSeconds > seconds)
                throw new RigException(string.Create(CultureInfo.InvariantCulture, $"'{Short}': not {what} after {seconds:0} s:\n{Said}"));
            await Task.Delay(Look, time, stop);
        }
    }

    public void End(int status)
    {
        _seconds = time.GetElapsedTime(_began).TotalSeconds;
        _ended.TrySetResult(status);
    }

    public void Break(RigException why) => _ended.TrySetException(why);

    /// <summary>The end of both outputs, indented.</summary>
    public string Said =>
        string.Join(
            '\n',
            (Output + Errors).Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(20).Select(static line => $"    {line}")
                .DefaultIfEmpty($"    nothing\n{guest.LastWords}"));

    private string Short => script.Split('\n')[0] is { Length: > 100 } line ? line[..100] + "..." : script.Split('\n')[0];

    private string Read(string suffix)
    {
        if (!System.IO.File.Exists(file + suffix)) return "";
        using var stream = new FileStream(file + suffix, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
