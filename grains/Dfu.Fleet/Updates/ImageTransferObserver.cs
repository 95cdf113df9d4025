using Dfu.Fleet.Devices;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Updates;

/// <summary>Passes a transfer's reports on under its image, and keeps what the next link of the same attempt must believe.</summary>
internal sealed class ImageTransferObserver(IUpdateObserver observer, int image, TransferHint hint) : ITransferObserver
{
    public TransferHint NextHint { get; private set; } = hint;

    public void PhaseChanged(TransferPhase phase) => observer.PhaseChanged(phase switch
    {
        TransferPhase.Reconciling => UpdatePhase.Reconciling,
        TransferPhase.SendingInit => UpdatePhase.SendingInit,
        TransferPhase.Sending => UpdatePhase.Sending,
        TransferPhase.Saving => UpdatePhase.Saving,
        TransferPhase.Activating => UpdatePhase.Activating,
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, null),
    });

    public void Resumed(ResumeRecord record) => observer.Resumed(record);

    public void Doing(TransferActivity activity) => observer.Doing(activity switch
    {
        TransferActivity.Creating => TimeUse.Creating,
        TransferActivity.Pausing => TimeUse.Guard,
        TransferActivity.Sending => TimeUse.Air,
        TransferActivity.Checking => TimeUse.Checking,
        TransferActivity.Executing => TimeUse.Executing,
        _ => throw new ArgumentOutOfRangeException(nameof(activity), activity, null),
    });

    public void Erased(int pages, int settings) => observer.Erased(pages, settings);

    public void Sent(long offset, int count) => observer.Sent(image, offset, count);

    public void Confirmed(long offset, uint crc)
    {
        NextHint = NextHint with { Confirmed = offset, LastExecuteSent = false }; // the device answered it, or went on without it
        observer.Confirmed(image, offset, crc);
    }

    public void Saved(long offset)
    {
        NextHint = NextHint with { Saved = offset };
        observer.Saved(image, offset);
    }

    public void TraitsLearned(BootloaderTraits traits)
    {
        NextHint = NextHint with { Traits = traits };
        observer.TraitsLearned(traits);
    }

    public Task LastExecuteAsync(CancellationToken cancellationToken)
    {
        NextHint = NextHint with { LastExecuteSent = true };
        return observer.LastExecuteAsync(image, cancellationToken);
    }
}
