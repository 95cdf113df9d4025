using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Tests.Fakes;

/// <summary>An update without the protocol: connects, "sends" an object every 100 ms, and tells the observer what a real one would.</summary>
internal sealed class ScriptedRunner(World world)
{
    private const int ObjectBytes = 4096;

    public int Started { get; private set; }
    public List<UpdateOrder> Orders { get; } = [];

    /// <summary>What the fake bootloaders keep.</summary>
    public BootloaderTraits Traits { get; set; } = new() { InitMax = 512, Mtu = 247, Keeps = Keeps.Objects };

    public async Task<UpdateResult> RunAsync(
        IUpdateAdapter radio, UpdateOrder order, IUpdateObserver observer, TimeProvider time, CancellationToken cancellationToken)
    {
        lock (Orders)
        {
            Started++;
            Orders.Add(order);
        }

        var device = world.At(order.Heard.Address) ?? throw new DfuException(DfuError.ConnectTimeout, "nobody there");
        world.MostDriversPerDevice = Math.Max(world.MostDriversPerDevice, ++device.Drivers);
        try
        {
            observer.PhaseChanged(UpdatePhase.Connecting);
            var link = FakeLink.Of(await radio.ConnectAsync(order.Heard.Address, order.Heard.AddressType, cancellationToken));
            device.InBootloader = true;
            observer.Identified(device.Application, device.Address);
            for (var image = order.Image; image < order.Package.Images.Count; image++)
            {
                if (order.Hint.LastExecuteSent && device.Activations > 0) await LookAsync(device, image, observer, cancellationToken);
                else await SendAsync(device, link, image, order, observer, time, cancellationToken);
            }

            link.Close(LinkClosure.RemoteUser);
            observer.PhaseChanged(UpdatePhase.Verifying);
            var heard = await radio.HearAsync(advertisement => advertisement.Address == device.Application, TimeSpan.FromSeconds(15), cancellationToken);
            return new(heard is not null);
        }
        finally
        {
            device.Drivers--;
        }
    }

    /// <summary>The last EXECUTE was obeyed and its answer lost: nothing is left to do, and the device goes back to its application.</summary>
    private static async Task LookAsync(FakeDevice device, int image, IUpdateObserver observer, CancellationToken cancellationToken)
    {
        observer.ImageStarted(image);
        device.InBootloader = false;
        await observer.ImageActivatedAsync(image, cancellationToken);
    }

    private async Task SendAsync(
        FakeDevice device, FakeLink link, int image, UpdateOrder order, IUpdateObserver observer, TimeProvider time, CancellationToken cancellationToken)
    {
        var size = order.Package.Images[image].Firmware.Length;
        observer.ImageStarted(image);
        observer.Linked(link.Mtu, null);
        observer.PhaseChanged(UpdatePhase.Reconciling);
        observer.TraitsLearned(Traits);
        var stored = image == order.Image ? order.Hint.Confirmed : 0;
        if (device.Held > 0 || stored > 0)
            observer.Resumed(new(stored, device.Held, stored == device.Held ? Diagnosis.Healthy : Diagnosis.AcknowledgementLost));
        observer.PhaseChanged(UpdatePhase.Sending);
        while (device.Held < size)
        {
            var count = (int)Math.Min(ObjectBytes, size - device.Held);
            observer.Sent(image, device.Held, count);
            await Task.Delay(world.ObjectTime, time, cancellationToken);
            if (link.IsClosed) throw new DfuException(DfuError.LinkLost, "the link dropped");
            if (device.AlwaysFails is { } always) throw always;
            if (device.Failures.TryDequeue(out var failure)) throw failure;
            var last = device.Held + count == size;
            if (last) await observer.LastExecuteAsync(image, cancellationToken);
            device.Held += count;
            observer.Confirmed(image, device.Held, (uint)device.Held);
            if (!last) continue;
            device.Activate(image == order.Package.Images.Count - 1);
            break;
        }

        await observer.ImageActivatedAsync(image, cancellationToken);
    }
}
