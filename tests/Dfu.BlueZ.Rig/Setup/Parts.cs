namespace Dfu.BlueZ.Rig.Setup;

/// <summary>What the machine is made of, ready to start.</summary>
/// <param name="Folder">Of the unpacked parts.</param>
internal sealed record Parts(string Folder)
{
    public string Kernel => Path.Combine(Folder, "vmlinuz");
    public string Initramfs => Path.Combine(Folder, "initramfs.img");

    /// <summary>Kernel modules, BlueZ and what else the host's /usr may lack; laid over it in the machine.</summary>
    public string Guest => Path.Combine(Folder, "guest");

    /// <summary>An emulator that was unpacked, not installed; empty where the host has one.</summary>
    public string Qemu => Path.Combine(Folder, "qemu");
}
