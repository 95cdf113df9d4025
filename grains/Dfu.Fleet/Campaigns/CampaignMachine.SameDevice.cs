using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Campaigns;

/// <summary>Two targets that turn out to be one device.</summary>
public static partial class CampaignMachine
{
    /// <summary>Whether two targets turn out to be the two addresses of one device.</summary>
    /// <remarks>
    /// What was written to at a bootloader's address runs its application one below. The other way round, the address above an application may be a
    /// neighbour's: it is let go only after the whole patience, when nobody was heard there but the bootloader of the one below.
    /// </remarks>
    /// <param name="device">One of which there is news.</param>
    /// <param name="known">What is known of the others.</param>
    public static CampaignEvent.SameDevice? SameAs(CampaignState state, DeviceState device, Func<BluetoothAddress, DeviceState?> known)
    {
        if (device is { Settled: true, Bootloader: { } bootloader } && device.Application != bootloader)
        {
            if (bootloader == device.Id) return state.Devices.Contains(device.Application) ? new(device.Application, device.Id) : null;
            return state.Devices.Contains(bootloader) && known(bootloader) is { } above && IsOf(above, device) ? new(bootloader, device.Id) : null;
        }

        var application = device.Id.Application;
        return state.Devices.Contains(application) && known(application) is { } below && IsOf(device, below) ? new(device.Id, application) : null;
    }

    /// <summary>Whether a target that was never heard is where the bootloader of another one was; among public addresses it may be a neighbour's.</summary>
    private static bool IsOf(DeviceState unheard, DeviceState below) =>
        unheard is { Phase: DevicePhase.Done, Error: DfuError.NotHeard, Settled: false }
        && below is { Settled: true, Heard.IsRandomStatic: true } && below.Bootloader == unheard.Id && below.Application != unheard.Id;

    private static bool MayJoin(CampaignState state, BluetoothAddress device) =>
        state.Results.GetValueOrDefault(device) is null or { Error: DfuError.NotHeard };

    private static Decision Join(CampaignState state, CampaignEvent.SameDevice s)
    {
        var notice = $"{s.Device} and {s.As} are the two addresses of one device; it is updated once.";
        var next = state with
        {
            Devices = state.Devices.Remove(s.Device),
            Gone = state.Gone.Add(s.Device),
            Results = state.Results.Remove(s.Device),
            Retrying = state.Retrying.Remove(s.Device),
            Forgiven = state.Forgiven.Remove(s.Device),
            Restarting = state.Restarting.Remove(s.Device),
            Notices = state.Notices.Add(notice),
        };
        return new(next, [new CampaignEffect.LetGo(s.Device), new CampaignEffect.Announce(notice)]);
    }
}
