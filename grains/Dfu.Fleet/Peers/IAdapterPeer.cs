
namespace Dfu.Fleet.Peers;

/// <summary>An adapter, as devices call it: always on the host that owns it.</summary>
public interface IAdapterPeer
{
    /// <summary>Begins an attempt and returns before it has done anything; its transfer is a task of its own that reports to the device.</summary>
    Task<AttemptAnswer> BeginAsync(AttemptOrder order);

    /// <summary>Stops an attempt; it reports its end when its links are closed.</summary>
    Task StopAttemptAsync(AttemptStop stop);

    Task LendSlotAsync(AttemptName attempt);

    Task RetakeSlotAsync(AttemptName attempt);

    /// <summary>From a device: another adapter connected to it after an attempt that could not over this one. May come late, twice or never.</summary>
    Task ServedElsewhereAsync(AttemptName attempt);
}
