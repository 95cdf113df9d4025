using Dfu.Adapters.Simulated.Devices;

namespace Dfu.Adapters.Simulated;

/// <summary>What a device that bonds asks of a link, and of the radio at its other end.</summary>
public sealed partial class VirtualDevice
{
    private const byte AttInsufficientAuthentication = 0x05;
    private const byte AttInsufficientEncryption = 0x0f;

    private readonly BondKeys _bonds;

    internal BondKeys.Saved? Bonds => Options.Bonded ? _bonds.Save() : null;

    /// <summary>nrf_dfu_ble.c: a bootloader that requires bonds and was given none runs into the error handler, which resets.</summary>
    private bool HasNobodyToAnswer => Options.Bonded && _bonds.Bootloader is null;

    /// <summary>ATT status for what needs encryption; 0 on a link that is encrypted, and for a device that asks for none.</summary>
    private byte RefusesUnencrypted => !Options.Bonded || _link is not { Encrypted: false } link ? (byte)0
        : _bonds.IsKnownTo(link.Radio) ? AttInsufficientEncryption
        : AttInsufficientAuthentication;

    /// <summary>Whether the device takes a connect of this radio: the link layer of a bootloader with a whitelist ignores everybody else.</summary>
    internal bool Admits(string radio) => Mode != DeviceMode.Bootloader || !Options.Bonded || _bonds.Admits(radio);

    /// <summary>The radio wants the link encrypted, and pairs for it where it has no key.</summary>
    /// <returns>False when the device does not: an application without bonds has no pairing at all.</returns>
    internal bool OnSecure(SimulatedLink link, bool givesIdentityKey) => Options.Bonded
        && (Mode == DeviceMode.Application ? _bonds.SecureApplication(link.Radio, givesIdentityKey) : _bonds.SecureBootloader(link.Radio));

    internal void OnForgotten(string radio) => _bonds.ForgetBy(radio);
}
