using System.Globalization;
using Dfu.Adapters.BlueZ.Bus;
using Dfu.Adapters.BlueZ.Radio;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;
using Linux.Bluetooth;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ;

/// <summary>A dongle: <c>bluez:usb-1-1.2</c>, <c>bluez:C4:7C:8D:00:11:22</c> or <c>bluez:hci0</c>. Found again by port and address when it comes back under another number.</summary>
internal sealed class BlueZAdapterSource(BlueZHost host, BlueZSpec spec, string id) : IAdapterSource
{
    /// <summary>How long bluetoothd may take to show a controller after it was started or the controller came.</summary>
    private static readonly TimeSpan Shown = TimeSpan.FromSeconds(3);

    /// <summary>The kernel allows a controller 10 s for it.</summary>
    private static readonly TimeSpan PowerTime = TimeSpan.FromSeconds(12);

    private ControllerIdentity? _known;
    private BlueZAdapter? _current;

    public string Id => id;

    public async Task<IAdapter> OpenAsync(CancellationToken cancellationToken)
    {
        var objects = await host.ObjectsAsync(cancellationToken);
        try
        {
            return await OpenAsync(objects, cancellationToken);
        }
        catch (Exception e) when (e.IsBusTrouble())
        {
            throw BusOpening.Missing(e);
        }
    }

    public async Task<bool> RecoverAsync(RecoveryStep step, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _current, null) is { } current) await current.DisposeAsync();
        switch (step)
        {
            case RecoveryStep.Reopen:
                await host.LetGoWhenUnusedAsync(cancellationToken);
                return true;
            case RecoveryStep.PowerCycle:
                return await CycleAsync(cancellationToken);
            case RecoveryStep.UsbReset:
                return await ResetAsync();
            default:
                return false;
        }
    }

    private async Task<IAdapter> OpenAsync(IBlueZObjects objects, CancellationToken cancellationToken)
    {
        var controller = await FindAsync(objects, cancellationToken);
        var path = PathOf(controller);
        if (!host.TryClaim(path)) throw new DfuException(DfuError.AdapterInUse, $"{controller.Name} is in use as another adapter of this process");
        BlueZAdapter? adapter = null;
        try
        {
            host.Options.Opening?.Invoke(controller);
            using var read = await objects.FollowAsync(path, BlueZObjects.Adapter, cancellationToken);
            await PowerOnAsync(objects, controller, cancellationToken);
            if (objects.Find(path)?.Get<string[]>(BlueZObjects.Adapter, "Roles") is { } roles && !roles.Contains("central"))
                throw new DfuException(DfuError.AdapterNotFound, $"{controller.Name} cannot connect to Bluetooth LE devices: its roles are {string.Join(", ", roles)}");
            await HearFromAsync(objects, controller, cancellationToken);
            await Prefer2MAsync(controller, cancellationToken);
            adapter = new(controller, NameOf(controller, objects.Find(path)), path, objects, host.KernelSide, host.Opener(objects, controller.Index), host.Surroundings, host.Time);
            _known = ControllerIdentity.Of(controller);
            _current = adapter;
            return adapter;
        }
        finally
        {
            host.Claimed(path, adapter);
        }
    }

    private async Task<Controller> FindAsync(IBlueZObjects objects, CancellationToken cancellationToken)
    {
        try
        {
            return await objects.UntilAsync(BlueZObjects.Root, () => Pick(objects), Shown, host.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            if (ControllerIdentity.Pick(spec, _known, host.KernelControllers()) is { } hidden)
                throw new DfuException(DfuError.AdapterNotFound, $"the kernel has {hidden.Name} but bluetoothd does not show it: 'systemctl restart bluetooth'");
            var there = Join(host.KernelControllers(), objects);
            throw new DfuException(
                DfuError.AdapterNotFound,
                $"no Bluetooth controller is {spec.Text}{(there.Count == 0 ? "; there is none at all" : $"; there are {string.Join(", ", there.Select(static c => c.Address is { } a ? $"{c.Id} ({a})" : c.Id))}")}");
        }
    }

    private Controller? Pick(IBlueZObjects objects)
    {
        var there = Join(host.KernelControllers(), objects);
        if (spec is BlueZSpec.All && _known is null) there = [.. there.Where(c => host.IsFree(PathOf(c)))];
        return ControllerIdentity.Pick(spec, _known, there);
    }

    /// <summary>What bluetoothd shows, with the kernel's word on where it is.</summary>
    private static IReadOnlyList<Controller> Join(IReadOnlyList<Controller> kernel, IBlueZObjects objects)
    {
        var all = new List<Controller>();
        foreach (var o in objects.Below(BlueZObjects.Root).Where(static o => o.Has(BlueZObjects.Adapter)))
        {
            var name = o.Path.ToString().Split('/')[^1];
            if (!name.StartsWith("hci", StringComparison.Ordinal) || !int.TryParse(name[3..], NumberStyles.None, CultureInfo.InvariantCulture, out var index)) continue;
            var known = kernel.FirstOrDefault(c => c.Index == index);
            all.Add(new(index, known?.Usb, BluetoothAddress.TryParse(o.Get<string>(BlueZObjects.Adapter, "Address"), out var address) ? address : known?.Address));
        }

        return [.. all.OrderBy(static c => c.Index)];
    }

    private async Task PowerOnAsync(IBlueZObjects objects, Controller controller, CancellationToken cancellationToken)
    {
        var path = PathOf(controller);
        if (IsOn() is not null) return;
        try
        {
            await objects.Proxy<IAdapter1>(path).SetAsync("Powered", true).AnsweredAsync(PowerTime, host.Time, cancellationToken);
            await objects.UntilAsync(path, IsOn, BusCalls.Answer, host.Time, cancellationToken);
        }
        catch (DBusException e)
        {
            var blocked = e.ErrorName == "org.bluez.Error.Blocked" || e.ErrorMessage?.Contains("rfkill", StringComparison.OrdinalIgnoreCase) == true;
            throw new DfuException(DfuError.AdapterNotFound, blocked ? $"{controller.Name} is switched off by rfkill: 'rfkill unblock bluetooth'" : $"{controller.Name} cannot be powered on ({e.ErrorMessage})", e);
        }
        catch (TimeoutException e)
        {
            throw new DfuException(DfuError.AdapterNotFound, $"{controller.Name} does not power on: plug it out and in", e);
        }

        BlueZObject? IsOn() => objects.Find(path) is { } o && o.Get<bool>(BlueZObjects.Adapter, "Powered") ? o : null;
    }

    /// <summary>A controller that was silent is given something to answer: nothing else may ask it while it is not open.</summary>
    private async Task HearFromAsync(IBlueZObjects objects, Controller controller, CancellationToken cancellationToken)
    {
        if (!IsSilent()) return;
        try
        {
            var adapter = objects.Proxy<IAdapter1>(PathOf(controller));
            await adapter.StartDiscoveryAsync().AnsweredAsync(BusCalls.Answer, host.Time, cancellationToken);
            await adapter.StopDiscoveryAsync().AnsweredAsync(BusCalls.Answer, host.Time, cancellationToken);
        }
        catch (Exception e) when (e.IsBusTrouble())
        {
            // What the controller made of it is asked next.
        }

        if (IsSilent()) throw new DfuException(DfuError.AdapterNotFound, $"{controller.Name} hangs: it answers no command; plug it out and in if it goes on");

        bool IsSilent() => host.KernelSide.Silence(controller.Index) >= BlueZAdapter.LongestSilence;
    }

    private async Task Prefer2MAsync(Controller controller, CancellationToken cancellationToken)
    {
        try
        {
            await host.KernelSide.Prefer2MAsync(controller.Index, cancellationToken).WithinAsync(BusCalls.Answer, host.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Links stay at 1M.
        }
    }

    private async Task<bool> CycleAsync(CancellationToken cancellationToken)
    {
        try
        {
            var objects = await host.ObjectsAsync(cancellationToken);
            if (Ours(Join(host.KernelControllers(), objects)) is { } shown)
            {
                var adapter = objects.Proxy<IAdapter1>(PathOf(shown));
                await adapter.SetAsync("Powered", false).AnsweredAsync(BusCalls.Answer, host.Time, cancellationToken);
                await adapter.SetAsync("Powered", true).AnsweredAsync(PowerTime, host.Time, cancellationToken);
                return true;
            }
        }
        catch (Exception e) when (e.IsBusTrouble() || e is DfuException)
        {
            // The kernel may do without bluetoothd.
        }

        if (Ours(host.KernelControllers()) is not { } controller) return false;
        await host.KernelSide.SetPoweredAsync(controller.Index, on: false, cancellationToken);
        return await host.KernelSide.SetPoweredAsync(controller.Index, on: true, cancellationToken);
    }

    private async Task<bool> ResetAsync()
    {
        var done = false;
        await Background.Start("reset a USB port", () =>
        {
            // It may take seconds, in which whoever asks has other things to do.
            done = Ours(host.KernelControllers()) is { Usb: { } place } && host.KernelSide.ResetUsb(place);
            return Task.CompletedTask;
        });
        return done;
    }

    /// <summary>The controller that may be recovered: never one that another radio of this process has, nor just any.</summary>
    private Controller? Ours(IReadOnlyList<Controller> there) =>
        (spec is not BlueZSpec.All || _known is not null) && ControllerIdentity.Pick(spec, _known, there) is { } controller && host.IsFree(PathOf(controller)) ? controller : null;

    private static ObjectPath PathOf(Controller controller) => new($"{BlueZObjects.Root}/{controller.Name}");

    private static string NameOf(Controller controller, BlueZObject? shown)
    {
        var model = controller.Usb is { Product.Length: > 0 } usb ? usb.Product : shown?.Get<string>(BlueZObjects.Adapter, "Alias") ?? "";
        var place = controller.Usb is { } plugged ? $"usb-{plugged.Port}" : controller.Name;
        return string.Join(' ', new[] { model, controller.Address?.ToString() ?? "", $"({place})" }.Where(static part => part.Length > 0));
    }
}
