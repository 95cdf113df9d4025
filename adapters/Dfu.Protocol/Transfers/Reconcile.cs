using Dfu.Protocol.Requests;

namespace Dfu.Protocol.Transfers;

/// <summary>What the device says after a connect, next to what we believe. Offsets in bytes of the image.</summary>
public readonly record struct ReconcileInput
{
    /// <summary>SELECT(command): how much of an init packet the device holds.</summary>
    public required SelectResponse Command { get; init; }

    /// <summary>SELECT(data), asked after EXECUTE(command) where the init packet is ours.</summary>
    public required SelectResponse Data { get; init; }

    /// <summary>Length and CRC-32 of our init packet.</summary>
    public required int InitLength { get; init; }
    public required uint InitCrc { get; init; }
    public required long ImageSize { get; init; }

    /// <summary>Whether the CRC the device gave for its offset is that of our image; ignored at offset 0, where it means nothing.</summary>
    public required bool PrefixMatches { get; init; }
    public required TransferHint Hint { get; init; }
}

public enum ReconcileAction
{
    /// <summary>Leave the device alone and look whether the application comes.</summary>
    Verify,

    /// <summary>CREATE(command), send and execute the init packet, start at 0. Wipes what the device holds.</summary>
    SendInit,

    /// <summary>Resume preamble, then go on at <see cref="ReconcilePlan.Position"/>.</summary>
    GoOn,

    /// <summary>Resume preamble, then create the object at <see cref="ReconcilePlan.Position"/> again and take the CRC answer for truth.</summary>
    CreateAndAsk,
}

/// <param name="Position">Offset to go on at; an object boundary or the image's end.</param>
/// <param name="Keeps">What this reconnect teaches about the bootloader; Unknown when nothing.</param>
public readonly record struct ReconcilePlan(Diagnosis Diagnosis, ReconcileAction Action, long Position, Keeps Keeps);

/// <summary>The decision after every connect: the device is the truth, our offset a hint that the CRC proves.</summary>
public static class Reconcile
{
    /// <summary>Whether the device holds our init packet whole. A boot restores it, a drop does not lose it.</summary>
    public static bool HoldsInit(SelectResponse command, int initLength, uint initCrc) =>
        command.Offset == initLength && command.Crc == initCrc;

    /// <summary>Rows from the top; the first that matches decides.</summary>
    public static ReconcilePlan Decide(ReconcileInput input)
    {
        var hint = input.Hint;
        var stored = hint.Confirmed;
        var objectSize = input.Data.MaxSize;
        long held = input.Data.Offset;
        var holdsInit = HoldsInit(input.Command, input.InitLength, input.InitCrc);

        if (hint.LastExecuteSent && held == 0) return new(Diagnosis.ProbablyActivated, ReconcileAction.Verify, 0, Keeps.Unknown);
        if (!holdsInit)
        {
            var fresh = stored == 0 && input.Command.Offset == 0;
            return new(fresh ? Diagnosis.Fresh : Diagnosis.OtherUpdate, ReconcileAction.SendInit, 0, Keeps.Unknown);
        }

        if (held == 0) return AtZero(hint, stored, objectSize);
        if (held > input.ImageSize || !input.PrefixMatches)
        {
            return new(Diagnosis.Corrupt, ReconcileAction.CreateAndAsk, Floor(held, objectSize, input.ImageSize), Keeps.Unknown);
        }

        var boundary = held % objectSize == 0 || held == input.ImageSize;
        if (!boundary)
        {
            return new(Diagnosis.InsideObject, ReconcileAction.CreateAndAsk, held - (held % objectSize), held == hint.Saved ? Keeps.Unknown : Keeps.Ram);
        }
        if (held == stored) return new(Diagnosis.Healthy, ReconcileAction.GoOn, held, Learned(input, held));
        if (IsOneObjectLess(held, stored, objectSize)) return new(Diagnosis.AcknowledgedBeforeSaved, ReconcileAction.GoOn, held, Learned(input, held));
        if (held > stored) return new(Diagnosis.AcknowledgementLost, ReconcileAction.GoOn, held, Learned(input, held));
        return new(Diagnosis.BackAtSave, ReconcileAction.GoOn, held, held == hint.Saved ? Keeps.Nothing : Keeps.Unknown);
    }

    private static ReconcilePlan AtZero(TransferHint hint, long stored, uint objectSize)
    {
        if (stored == 0) return new(Diagnosis.Fresh, ReconcileAction.GoOn, 0, Keeps.Unknown);
        return hint.Traits.Keeps == Keeps.Objects && IsOneObjectLess(0, stored, objectSize)
            ? new(Diagnosis.AcknowledgedBeforeSaved, ReconcileAction.GoOn, 0, Keeps.Unknown)
            : new(Diagnosis.SavesNothing, ReconcileAction.GoOn, 0, Keeps.Nothing);
    }

    /// <summary>A boundary that no forced save of ours explains was kept by the bootloader itself, in flash or in RAM.</summary>
    /// <remarks>
    /// A save may have reached the flash although its barrier was never answered, or before anybody could store that it had: then
    /// the boundary alone proves nothing.
    /// </remarks>
    private static Keeps Learned(ReconcileInput input, long held)
    {
        var hint = input.Hint;
        if (held == hint.Saved) return Keeps.Unknown;
        if (hint.Traits.Keeps == Keeps.Ram) return Keeps.Ram;
        var mayBeForced = new BootloaderRules((int)input.Command.MaxSize, hint.Traits.Mtu).SavesOnExecuteCommand;
        return mayBeForced && !hint.Probed && hint.Traits.WritesAfterExecute != true ? Keeps.Unknown : Keeps.Objects;
    }

    private static bool IsOneObjectLess(long held, long stored, uint objectSize) =>
        held < stored && stored - held <= objectSize && held % objectSize == 0;

    private static long Floor(long held, uint objectSize, long imageSize) => Math.Min(held, imageSize) / objectSize * objectSize;
}
