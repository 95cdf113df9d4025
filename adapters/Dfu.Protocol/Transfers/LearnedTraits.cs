namespace Dfu.Protocol.Transfers;

/// <summary>What is known of the bootloader so far; tells the observer whenever that grows.</summary>
internal sealed class LearnedTraits(BootloaderTraits prior, ITransferObserver observer)
{
    public BootloaderTraits Now { get; private set; } = prior;

    public void Learn(BootloaderTraits traits)
    {
        if (traits == Now) return;
        Now = traits;
        observer.TraitsLearned(traits);
    }
}
