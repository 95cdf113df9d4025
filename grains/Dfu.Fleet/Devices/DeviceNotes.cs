using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Devices;

/// <summary>A line for the audit trail of a device.</summary>
/// <param name="Kind">One word, such as <c>outcome</c>.</param>
public readonly record struct DeviceNote(string Kind, string Text);

/// <summary>What of a device's story is worth keeping: decisions and outcomes, not progress.</summary>
public static class DeviceNotes
{
    /// <returns>Null when the event changed nothing that anybody would look for later.</returns>
    public static DeviceNote? Of(DeviceState before, DeviceState after, DeviceEvent e)
    {
        if (ReferenceEquals(before, after)) return null;
        if (after.Phase == DevicePhase.Done) return before.Phase == DevicePhase.Done ? null : new("outcome", Outcome(after));
        return e switch
        {
            DeviceEvent.Granted g => new("attempt", $"attempt {after.Attempt} on {g.Adapter}"),
            DeviceEvent.Ended x => new("attempt", $"attempt {x.Attempt} ended: {x.Error.Code()}{(x.Detail.Length == 0 ? "" : $", {x.Detail}")}"),
            DeviceEvent.Interrupted i => new("attempt", $"attempt {i.Attempt} was interrupted"),
            DeviceEvent.AdapterBlamed b => new("attempt", $"{b.Adapter} turned out bad: attempts that found no link over it do not count"),
            DeviceEvent.ImageActivated a => new("image", $"image {a.Image} activated"),
            DeviceEvent.ImagePassed p => new("image", $"image {p.Image} passed over: {p.Note}"),
            DeviceEvent.Restarted r => new("image", $"image {r.Image} starts over"),
            DeviceEvent.CancelRequested c => new("cancel", c.Drain ? "to be cancelled unless this attempt updates it" : "to be cancelled"),
            DeviceEvent.PauseRequested p => new("pause", $"attempt {p.Attempt} is broken off: its campaign is paused"),
            DeviceEvent.RetryRequested r => new("retry", r.Anew ? "to begin anew" : "to be tried again"),
            _ => null,
        };
    }

    public static string Outcome(DeviceState device) => device.Detail.Length == 0 ? device.Outcome.ToString() : $"{device.Outcome}: {device.Detail}";
}
