using Dfu.Adapters;

namespace Dfu.Fleet.Adapters;

/// <summary>What must be done for an adapter. Any of them may be carried out twice.</summary>
public abstract record AdapterEffect
{
    private AdapterEffect()
    {
    }

    public sealed record Open(int Epoch) : AdapterEffect;

    /// <summary>Let go of the radio that was opened in this epoch.</summary>
    public sealed record Close(int Epoch) : AdapterEffect;

    public sealed record Recover(int Epoch, RecoveryStep Step) : AdapterEffect;

    /// <summary>Stop the attempt; its device goes on with another adapter.</summary>
    public sealed record HandOver(int Epoch, AdapterSlot Slot) : AdapterEffect;
}
