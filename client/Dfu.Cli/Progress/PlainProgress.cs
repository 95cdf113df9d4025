using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Progress;

/// <summary>Progress for files and pipes: one line every few seconds, and one for every failure, notice and change of an adapter.</summary>
internal sealed class PlainProgress(TextWriter writer, ProgressTitle title)
{
    private readonly HashSet<string> _told = [];
    private string _held = "";
    private readonly Dictionary<string, AdapterStatus> _troubled = [];

    public void Begin() => writer.WriteLine($"dfu: {title.Firmware}{(title.Note.Length > 0 ? ", " + title.Note : "")}");

    /// <summary>What happened since the last call.</summary>
    public void News(CampaignView view)
    {
        foreach (var notice in view.Notices) Once("notice " + notice, $"note: {notice}");
        var held = string.Join("; ", view.Standing?.Holds.Select(hold => CampaignWords.Waits(hold, view.Standing.Id)) ?? []);
        if (held != _held) writer.WriteLine(held.Length > 0 ? $"dfu: {held}" : "dfu: it goes on");
        _held = held;
        foreach (var device in view.Devices)
        {
            if (device.Outcome != DeviceOutcome.Failed) continue;
            var detail = device.Detail.Length > 0 ? $" ({device.Detail})" : "";
            Once("failed " + device.Application, $"{device.Application} failed, {device.Error.Code()}: {ErrorCatalog.Describe(device.Error).Sentence}{detail}");
        }

        foreach (var adapter in view.Adapters)
        {
            // Radios that open and work are no news; one that is in trouble is, and so is its return.
            if (adapter.Status == AdapterStatus.Opening) continue;
            var known = adapter.Status == AdapterStatus.Ready
                ? !_troubled.Remove(adapter.Id)
                : _troubled.TryGetValue(adapter.Id, out var before) && before == adapter.Status;
            if (known) continue;
            if (adapter.Status != AdapterStatus.Ready) _troubled[adapter.Id] = adapter.Status;
            var detail = adapter.Detail.Length > 0 ? $": {adapter.Detail}" : "";
            writer.WriteLine($"dfu: adapter {adapter.Id} is {adapter.Status.ToString().ToLowerInvariant()}{detail}");
        }
    }

    /// <summary>The state in one line.</summary>
    public void State(CampaignView view, double rate, double? left)
    {
        if (view.NoAnswerFor is { } silence)
        {
            writer.WriteLine($"dfu: {Format.NoAnswer(silence)}");
            return;
        }

        var tally = Tally.Of(view);
        if (view.Collecting && !tally.Begun)
        {
            writer.WriteLine($"dfu: listening, {Format.Count(view.Devices.Length, "device")} so far");
            return;
        }

        var line = $"dfu: {tally.Updated} of {tally.Devices} updated";
        if (tally.AlreadyCurrent > 0) line += $" ({tally.AlreadyCurrent} already current)";
        if (tally.Failed > 0) line += $", {tally.Failed} failed";
        line += $", {tally.Active} active, {tally.Waiting} waiting, {Format.Bytes(tally.BytesDone)} of {Format.Bytes(tally.BytesTotal)}";
        if (rate > 0) line += $", {Format.Rate(rate)}";
        if (left is { } seconds && tally.Active > 0) line += $", {Format.Clock(seconds)} left";
        writer.WriteLine(line);
    }

    private void Once(string key, string line)
    {
        if (_told.Add(key)) writer.WriteLine($"dfu: {line}");
    }
}
