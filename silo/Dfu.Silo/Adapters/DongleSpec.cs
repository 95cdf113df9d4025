using System.Globalization;
using Dfu.Adapters;
using Dfu.Adapters.BlueZ;
using Dfu.Protocol.Errors;

namespace Dfu.Silo.Adapters;

/// <summary>A dongle of this host. In reports it keeps the name that the operator wrote.</summary>
/// <param name="Means">What is opened, and opened again after it was lost.</param>
/// <param name="There">What it meant when it was read; null when that was not there.</param>
internal sealed record DongleSpec(string Text, BlueZSpec Means, Controller? There) : AdapterSpec(Text)
{
    public override string Radio => There?.Id ?? BlueZSpec.Prefix + Means switch
    {
        BlueZSpec.UsbPort place => $"usb-{place.Port}",
        BlueZSpec.Dongle dongle => dongle.Address.ToString(),
        BlueZSpec.Index index => string.Create(CultureInfo.InvariantCulture, $"hci{index.Number}"),
        _ => "*",
    };

    public override IEnumerable<IAdapterSource> Open(ProcessAdapters radios)
    {
        radios.Take(Radio, Text);

        // What was not there, or is plugged in elsewhere by now, has a name of its own only when it is opened.
        var host = radios.Shared(time => new BlueZHost(
            new BlueZOptions { Opening = controller => radios.Keep(controller.Id, controller.Id), Surveys = radios.Surveys }, time));
        return [host.Source(Means, Text)];
    }

    /// <param name="controllers">Those that are there.</param>
    /// <exception cref="DfuException">InvalidArgument, or AdapterNotFound when it stands for all and there is none.</exception>
    public static IReadOnlyList<AdapterSpec> Parse(string text, IReadOnlyList<Controller> controllers)
    {
        if (!BlueZSpec.TryParse(text, out var spec))
            throw new DfuException(
                DfuError.InvalidArgument,
                $"'{text}' is not a dongle such as bluez:usb-1-1.2, bluez:C4:7C:8D:00:11:22, bluez:hci0 or bluez:*");
        if (spec is not BlueZSpec.All) return [new DongleSpec(text, spec, controllers.FirstOrDefault(spec.Means))];
        return controllers.Count > 0
            ? [.. controllers.Select(static controller => new DongleSpec(controller.Id, Lasting(controller), controller))]
            : throw new DfuException(DfuError.AdapterNotFound, $"{text}: no Bluetooth dongle is there");
    }

    /// <summary>The name that stays when dongles are plugged in and out.</summary>
    private static BlueZSpec Lasting(Controller controller) =>
        controller.Usb is { } usb ? new BlueZSpec.UsbPort(controller.Id, usb.Port) : new BlueZSpec.Index(controller.Id, controller.Index);
}
