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

    /// <summary>Listen, and connect to the golden unit.</summary>
    /// <param name="Test">Its number.</param>
    public sealed record SelfTest(int Epoch, int Test) : AdapterEffect;

    /// <summary>Stop the attempt; its device goes on with another adapter.</summary>
    public sealed record HandOver(int Epoch, AdapterSlot Slot) : AdapterEffect;

    /// <summary>Tell the device that its attempt failed here through the adapter's fault.</summary>
    public sealed record Exonerate(int Epoch, AdapterSlot Slot) : AdapterEffect;
}
