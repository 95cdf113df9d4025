using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Radio;

/// <summary>The controller a specification was first found to mean: by port and address, which stay when its number does not.</summary>
internal sealed record ControllerIdentity(string? Port, BluetoothAddress? Address, int Index)
{
    public static ControllerIdentity Of(Controller controller) => new(controller.Usb?.Port, controller.Address, controller.Index);

    /// <summary>Picks what a specification means among what is there.</summary>
    /// <param name="known">What it meant before, null at first.</param>
    public static Controller? Pick(BlueZSpec spec, ControllerIdentity? known, IReadOnlyList<Controller> there) => (spec, known) switch
    {
        // A port is meant whichever dongle is in it, a dongle whichever port it is in. Cheap dongles may share an address.
        (BlueZSpec.UsbPort or BlueZSpec.Dongle, _) =>
            there.Where(c => spec.Means(c) || known?.IsAt(c) == true).OrderByDescending(c => c.Usb?.Port == known?.Port).FirstOrDefault(),
        (_, null) => there.FirstOrDefault(spec.Means),
        (_, { Address: { } address }) =>
            there.Where(c => c.Address == address || known.IsAt(c)).OrderByDescending(c => c.Usb?.Port == known.Port)
                .ThenByDescending(c => c.Index == known.Index).FirstOrDefault(),
        (_, { Port: { } port }) => there.FirstOrDefault(c => c.Usb?.Port == port),
        _ => there.FirstOrDefault(c => c.Index == known.Index),
    };

    /// <summary>Where nobody tells addresses, the port does.</summary>
    private bool IsAt(Controller controller) => controller.Address is null && Port is not null && controller.Usb?.Port == Port;
}
