using Dfu.Fleet.Adapters;
using Dfu.Fleet.Peers;

namespace Dfu.Grains;

/// <summary>One adapter, by its id (see <see cref="AdapterId"/>): always on the silo that owns it, and one owner there.</summary>
[Alias("dfu.adapter")]
public interface IAdapterGrain : IGrainWithStringKey
{
    /// <summary>From the host, when it starts and now and then: opens the adapter unless that is done.</summary>
    [Alias("Wake")]
    Task WakeAsync();

    /// <summary>Returns when the adapter was opened for the first time or could not be.</summary>
    [Alias("Opened")]
    Task<AdapterOpening> OpenedAsync();

    /// <inheritdoc cref="IAdapterPeer.BeginAsync"/>
    [Alias("Begin")]
    Task<AttemptAnswer> BeginAsync(AttemptOrder order);

    /// <inheritdoc cref="IAdapterPeer.StopAttemptAsync"/>
    [Alias("StopAttempt")]
    Task StopAttemptAsync(AttemptStop stop);

    [Alias("LendSlot")]
    Task LendSlotAsync(AttemptName attempt);

    [Alias("RetakeSlot")]
    Task RetakeSlotAsync(AttemptName attempt);

    /// <inheritdoc cref="IAdapterPeer.ServedElsewhereAsync"/>
    [Alias("ServedElsewhere")]
    Task ServedElsewhereAsync(AttemptName attempt);

    /// <summary>From its member, which is going to stop: no further attempt begins. Attempts under way go on.</summary>
    /// <returns>How many these are.</returns>
    [Alias("Leave")]
    Task<int> LeaveAsync();

    /// <summary>
    /// Takes no more attempts, interrupts those it has and closes the adapter; returns when all of them have reported their end, or after 15 s.
    /// </summary>
    [Alias("Stop")]
    Task StopAsync();

    /// <summary>
    /// What an operator wants of the adapter. Durable when it returns; a self-test and a reset have ended then, or take longer than 20 s. Asking again is no
    /// error. A self-test that the adapter does not pass answers AdapterLost.
    /// </summary>
    [Alias("Control"), ResponseTimeout("00:00:45")]
    Task<ControlAnswer> ControlAsync(AdapterControl control);

    [Alias("Get")]
    Task<AdapterState> GetAsync();
}
