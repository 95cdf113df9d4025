using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;
using Dfu.Simulation.Hosts;
using Dfu.Simulation.Runs;

namespace Dfu.Simulation.Invariants;

/// <summary>A device forgets nothing that it said it knows, and each update that ended is in its history once.</summary>
internal sealed class DevicePromises(Cluster cluster, Stored stored, Coverage coverage)
{
    private const string Outcome = "outcome";

    private readonly Dictionary<BluetoothAddress, List<HistoryEntry>> _histories = [];

    /// <summary>Others hear of an attempt: what is decided is saved before it has effects.</summary>
    public void Decided(BluetoothAddress device, int attempt)
    {
        var saved = stored.Devices.GetValueOrDefault(device)?.Device.Attempt ?? 0;
        if (saved < attempt) cluster.Violate($"others have heard of attempt {attempt} on {device}, and {saved} is stored");
    }

    /// <summary>A device has acknowledged an attempt's events up to this one.</summary>
    public void Received(BluetoothAddress device, int attempt, int saved)
    {
        if (saved == 0 || !stored.Devices.TryGetValue(device, out var record)) return;
        if (record.Device.Attempt < attempt || (record.Device.Attempt == attempt && record.Device.Running && record.Device.LastEvent < saved))
            cluster.Violate($"{device} acknowledged event {saved} of attempt {attempt}, and has stored {record.Device.LastEvent} of {record.Device.Attempt}");
    }

    public void Written(DeviceRecord? before, DeviceRecord record)
    {
        if (before is not null) Compare(before, record);
        var history = HistoryOf(record.Device.Id);
        var known = before is null ? 0 : (int)before.NewsFrom + before.News.Length;
        Append(record.Device.Id, record.NewsFrom, record.News);
        if (record.NewsFrom + record.News.Length < known) cluster.Violate($"{record.Device.Id} forgot the end of its history");
        else CheckOutcome(before, record, history[known..]);
        var isUpdated = record.Device is { Phase: DevicePhase.Done, Outcome: DeviceOutcome.Updated };
        if (isUpdated && record.Passport.Images.All(image => image.PackageId != record.PackageId))
            cluster.Violate($"{record.Device.Id} was updated, and its passport does not have the image");
    }

    /// <summary>The older part of a history: of what is in both parts, both say the same.</summary>
    public void Written(BluetoothAddress device, DeviceHistory history) => Append(device, history.End - history.Entries.Length, history.Entries);

    private void Compare(DeviceRecord before, DeviceRecord record)
    {
        var (device, known) = (record.Device, before.Device);
        if (device.Attempt < known.Attempt) cluster.Violate($"{device.Id} went back from attempt {known.Attempt} to {device.Attempt}");
        if (record.Campaign == before.Campaign && device.Attempt == known.Attempt && device.LastEvent < known.LastEvent)
            cluster.Violate($"{device.Id} forgot what attempt {device.Attempt} had told: event {known.LastEvent} was stored, now it is {device.LastEvent}");
        if (record.Campaign == before.Campaign && device.Run == known.Run && known.Phase == DevicePhase.Done && device.Outcome != known.Outcome)
            cluster.Violate($"{device.Id} was {known.Outcome} and is {device.Outcome} now, although nobody asked for it again");
        coverage.Stored(known, device);
    }

    private void CheckOutcome(DeviceRecord? before, DeviceRecord record, IReadOnlyList<HistoryEntry> news)
    {
        var told = news.Count(static entry => entry.Kind == Outcome);
        var ended = record.Device.Phase == DevicePhase.Done;
        var wasOver = before?.Device.Phase == DevicePhase.Done;
        if (ended && !wasOver && news.LastOrDefault(static entry => entry.Kind == Outcome)?.Text != DeviceNotes.Outcome(record.Device))
            cluster.Violate($"{record.Device.Id} has ended, and its history does not say how");
        var begins = news.Count(static entry => entry.Kind is "campaign" or "retry");
        if (told > begins + (wasOver ? 0 : 1)) cluster.Violate($"{record.Device.Id} has ended {told} times in its history, and was begun {begins} times");
    }

    private void Append(BluetoothAddress device, long from, IReadOnlyList<HistoryEntry> entries)
    {
        var history = HistoryOf(device);
        if (from > history.Count) cluster.Violate($"{device} has lost a part of its history");
        for (var i = 0; i < entries.Count; i++)
        {
            var place = (int)from + i;
            if (place >= history.Count) history.Add(entries[i]);
            else if (history[place] != entries[i]) cluster.Violate($"{device} has two histories: '{history[place].Text}' and '{entries[i].Text}'");
        }
    }

    private List<HistoryEntry> HistoryOf(BluetoothAddress device)
    {
        if (!_histories.TryGetValue(device, out var history)) _histories[device] = history = [];
        return history;
    }
}
