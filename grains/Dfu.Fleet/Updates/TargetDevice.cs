using Dfu.Adapters;
using Dfu.Fleet.Identity;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Updates;

/// <summary>The device that an attempt is for: what is known of its two addresses, and which neighbours answered at one of them.</summary>
internal sealed class TargetDevice(UpdateOrder order)
{
    private readonly Dictionary<(BluetoothAddress Address, string Name), bool> _strangers = [];
    private bool _settled = order.Settled;

    /// <summary>What the bootloader advertised when it was connected to last.</summary>
    private string _bootloaderName = "";

    public BluetoothAddress Application { get; private set; } = order.Application;
    public BluetoothAddress Bootloader { get; private set; } = order.Bootloader;

    /// <summary>The bootloader bonds, and so answers at the address of the application.</summary>
    public bool IsBonded => Application == Bootloader;

    /// <summary>The bootloader is known to have an address of its own: one that bonds is a neighbour's.</summary>
    public bool HasTwoAddresses { get; set; } = order.Settled && order.Application != order.Bootloader;

    /// <summary>The advertisement to connect to next; null when the device has to be heard first.</summary>
    public Advertisement? Heard { get; set; } = order.Heard;

    /// <summary>Takes the addresses that a connect showed, and believes no others from now on.</summary>
    /// <returns>Whether they are other ones than before.</returns>
    public bool Settle(BluetoothAddress application, BluetoothAddress bootloader)
    {
        var changed = (application, bootloader) != (Application, Bootloader);
        (Application, Bootloader, _settled) = (application, bootloader, true);
        return changed;
    }

    public bool IsOurs(Advertisement heard) => IsApplication(heard) || IsBootloader(heard);

    /// <summary>A bootloader where our application was seen is a neighbour's.</summary>
    public bool IsApplication(Advertisement heard) =>
        heard.Address == Application && !IsStranger(heard) && !(_settled && !IsBonded && DeviceNames.IsBootloader(heard.Name));

    /// <summary>
    /// Whether our application is heard, and not a bootloader that bonds, at the same address: the name tells, where the two have different ones.
    /// </summary>
    /// <returns>Null when only a connect would tell.</returns>
    public bool? RunsApplication(Advertisement heard) =>
        !IsApplication(heard) ? false
        : !IsBonded ? true
        : DeviceNames.IsBootloader(heard.Name) || (heard.Name.Length > 0 && heard.Name == _bootloaderName) ? false
        : heard.Name.Length > 0 && _bootloaderName.Length > 0 ? true
        : null;

    /// <remarks>Our bootloader and a neighbour's application may be on the air at one address: under our label, the next connect may reach ours.</remarks>
    public bool IsBootloader(Advertisement heard) => HasOurLabel(heard) || (heard.Address == Bootloader && !IsStranger(heard));

    /// <summary>Whose bootloader answered: the addresses of our device's two programs, null for a neighbour's.</summary>
    public (BluetoothAddress Application, BluetoothAddress Bootloader)? BootloaderAt(Advertisement target)
    {
        _bootloaderName = target.Name;
        if (target.Address == Bootloader) return (Application, Bootloader);
        if (HasOurLabel(target)) return (Application, target.Address);

        // A bootloader where the application was expected: the operator gave the bootloader's address. Not where our application was seen.
        var isGiven = order.Target is null || IsGiven(target);
        return isGiven && target.Address == Application && !_settled ? (target.Address.Application, target.Address) : null;
    }

    /// <summary>Whether the program without a DFU control point that answered is our application.</summary>
    /// <param name="buttonless">The characteristic by which it can be sent into its bootloader; null when it has none.</param>
    public bool IsApplicationAt(Advertisement target, DfuCharacteristic? buttonless) =>
        (target.Address == Application && (!IsGuessed || buttonless is not (null or DfuCharacteristic.ButtonlessBonded)))
        || (buttonless == DfuCharacteristic.ButtonlessBonded && IsGiven(target)); // taken for one without bonds before

    /// <summary>Whether the operator gave this very address.</summary>
    public bool IsGiven(Advertisement target) => target.Address == order.Target;

    /// <summary>What answered is a neighbour of consecutive address: the attempt does not ask it again.</summary>
    public void Mistake(Advertisement target, bool isBootloader) => _strangers[(target.Address, target.Name)] = isBootloader;

    /// <summary>The neighbours that answered, for the text of an error.</summary>
    public string Strangers() => string.Concat(_strangers
        .Select(static stranger => $"; {stranger.Key.Address} is {(stranger.Value ? "the bootloader" : "the application")} of another device")
        .Distinct());

    /// <summary>
    /// The operator gave the bootloader's address, and nothing was written yet: the application below it is ours only if it can be sent to that address.
    /// </summary>
    private bool IsGuessed => !_settled && !IsBonded && order.Target == Bootloader;

    private bool HasOurLabel(Advertisement heard) => heard.Name.Length > 0 && heard.Name == order.BootloaderName;

    private bool IsStranger(Advertisement heard) => _strangers.ContainsKey((heard.Address, heard.Name));
}
