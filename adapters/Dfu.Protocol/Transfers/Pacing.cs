namespace Dfu.Protocol.Transfers;

/// <summary>How many packets may follow a CREATE(data) at once and when the rest may: learned, because the bootloader drops what it cannot queue without a word.</summary>
/// <param name="Guard">From CREATE's answer until packets beyond <paramref name="Burst"/> may be sent, when the flash was idle before CREATE.</param>
/// <param name="GuardAfterSave">The same when a settings save may still be under way.</param>
/// <param name="Burst">Packets sent at once before the guard has passed.</param>
public sealed record Pacing(TimeSpan Guard, TimeSpan GuardAfterSave, int Burst)
{
    public static Pacing Initial { get; } = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(320), 14);

    /// <summary>Guards at the last loss; a guard never falls below this plus 10 %.</summary>
    public TimeSpan LossGuard { get; init; }
    public TimeSpan LossGuardAfterSave { get; init; }

    /// <summary>Objects in a row that arrived whole.</summary>
    public int Clean { get; init; }
}
