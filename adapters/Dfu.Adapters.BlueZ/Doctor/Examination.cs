using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Protocol.Timing;

namespace Dfu.Adapters.BlueZ.Doctor;

/// <summary>Gathers what there is to know of this machine. It is only looked at: nothing is started, powered or scanned.</summary>
public static class Examination
{
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(3);

    /// <summary>Looks at this machine and says what it is good for.</summary>
    public static async Task<Checkup> ExamineAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        using var kernel = KernelBluetooth.Open(time, monitor: false);
        return Judge.Of(await RunAsync(new HostRoots(), kernel, null, time, cancellationToken));
    }

    /// <param name="kernel">Null when the kernel is not to be asked.</param>
    /// <param name="bus">The system bus's address; null is this machine's.</param>
    internal static async Task<HostFacts> RunAsync(
        HostRoots roots, IKernelBluetooth? kernel, string? bus, TimeProvider time, CancellationToken cancellationToken)
    {
        var files = new HostFiles(roots);
        var daemon = files.FindDaemon();
        if (daemon.Path is { } program) daemon = daemon with { Version = await DaemonVersion.AskAsync(program, time, cancellationToken) };
        var address = new BlueZOptions { BusAddress = bus }.Address;
        var (state, known) = await new BusProbe(address, time).AskAsync(cancellationToken);
        var adapters = new List<AdapterFacts>();
        foreach (var controller in PresentControllers.List(roots.Sys))
        {
            adapters.Add(new(controller)
            {
                BlueZ = known.FirstOrDefault(adapter => adapter.Name == controller.Name),
                Abilities = kernel is null ? null : await AbilitiesAsync(kernel, controller.Index, time, cancellationToken),
                Block = files.BlockOf(controller),
                MayReset = HostFiles.MayWrite(controller.Usb?.Node),
                Autosuspends = files.Autosuspends(controller.Usb),
            });
        }

        return new()
        {
            KernelRelease = files.KernelRelease,
            HasBluetooth = files.HasBluetooth,
            HasUsbDriver = files.HasUsbDriver,
            Daemon = daemon,
            Bus = state with { Foreign = address != BlueZOptions.StandardBus },
            Process = files.Process(),
            Settings = files.Settings,
            SettingsPath = roots.MainConf,
            Adapters = adapters,
        };
    }

    private static async Task<ControllerAbilities?> AbilitiesAsync(IKernelBluetooth kernel, int index, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await kernel.AbilitiesAsync(index, cancellationToken).WithinAsync(LongestAnswer, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }
}
