namespace Dfu.Adapters.Simulated;

/// <summary>What a virtual device has seen since it was made, over all boots and restarts of the simulator.</summary>
public sealed record DeviceCounters
{
    /// <summary>Bytes of packet characteristic writes the radio received, whether the bootloader could keep them or not.</summary>
    public long PacketBytes { get; internal set; }

    /// <summary>The part of <see cref="PacketBytes"/> that came while the command object was selected.</summary>
    public long InitBytes { get; internal set; }

    /// <summary>The part of <see cref="PacketBytes"/> that came while it was not.</summary>
    public long FirmwareBytes { get; internal set; }

    public int Connects { get; internal set; }

    /// <summary>Reads of an application's characteristics.</summary>
    public int Reads { get; internal set; }

    /// <summary>Pages of firmware that were erased, copies of an activation included, and how often the settings page was; its backup not counted.</summary>
    public long PageErases { get; internal set; }
    public long SettingsErases { get; internal set; }

    /// <summary>Links lost by supervision timeout.</summary>
    public int Drops { get; internal set; }

    /// <summary>CREATE(data) requests, refused ones included.</summary>
    public int Creates { get; internal set; }

    /// <summary>EXECUTE(data) requests, refused ones included.</summary>
    public int Executes { get; internal set; }

    /// <summary>CREATE(command) requests, refused ones included.</summary>
    public int CreateCommands { get; internal set; }

    /// <summary>Init packets executed that the device held already, with firmware received for them: a needless new start.</summary>
    public int InitsAgain { get; internal set; }

    /// <summary>EXECUTE(command) requests, refused ones included.</summary>
    public int ExecuteCommands { get; internal set; }

    /// <summary>Packets lost because no buffer was free.</summary>
    public int PacketsWithoutBuffer { get; internal set; }

    /// <summary>Packets lost, or objects thrown away, because the flash queue was full.</summary>
    public int PacketsRefused { get; internal set; }

    /// <summary>
    /// The part of <see cref="FirmwareBytes"/> that came for objects which lost a packet to a full queue and were created again
    /// over the same link.
    /// </summary>
    public long OverrunBytes { get; internal set; }

    /// <summary>Bytes of an image that the bootloader held, and no longer did after a lost link or a reset.</summary>
    public long LostBytes { get; internal set; }

    /// <summary>Images that were answered for, and lost with a reset before the settings said so.</summary>
    public int AcceptedLost { get; internal set; }

    /// <summary>Packets that did not reach the flash whole because they were not aligned to words (docs/bootloader.md T8).</summary>
    public int UnalignedWrites { get; internal set; }

    /// <summary>Images activated.</summary>
    public int Activations { get; internal set; }

    /// <summary>How often the bootloader left because nobody had come for as long as it waits.</summary>
    public int Timeouts { get; internal set; }

    /// <summary>Control writes, packets and notifications that reached their receiver.</summary>
    public long Operations { get; internal set; }
}
