using Dfu.Adapters.BlueZ.Bus;
using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;
using Linux.Bluetooth;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Links;

/// <summary>Connects over one adapter of one life of bluetoothd.</summary>
internal sealed class LinkOpener(IBlueZObjects objects, IKernelBluetooth kernel, int controllerIndex, TimeProvider time) : ILinkOpener
{
    private const int Attempts = 2;

    private readonly LinkDiscovery _discovery = new(objects, kernel, controllerIndex, time);

    public async Task<IDfuLink> OpenAsync(ObjectPath device, LinkOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (objects.Ended.IsCompletedSuccessfully) throw new DfuException(DfuError.AdapterLost, objects.Ended.Result);
        using var late = new CancellationTokenSource(options.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var watch = await WatchAsync(device, late, either.Token, cancellationToken);
        Task? answer = null;
        try
        {
            if (watch.Connected) await ClearAsync(watch, either.Token);
            for (var attempt = 1; ; attempt++)
            {
                watch.Begin();
                answer = objects.Proxy<IDevice1>(device).ConnectAsync();
                if (await ConnectAsync(watch, answer, options, mayRepeat: attempt < Attempts, either.Token)) break;
                await ClearAsync(watch, either.Token);
            }

            return await _discovery.LinkAsync(watch, either.Token);
        }
        catch (Exception e)
        {
            var cancelled = cancellationToken.IsCancellationRequested; // what comes while letting go is not why it failed
            if (await LetGoAsync(watch) && !cancelled)
                throw new DfuException(DfuError.AdapterLost, $"bluetoothd answered neither a connect to {watch.Address} nor a disconnect", e);
            throw e switch
            {
                OperationCanceledException when cancelled => new OperationCanceledException(cancellationToken),
                OperationCanceledException => TooLate(watch, answer, options),
                _ => Failure(e, watch),
            };
        }
    }

    private async Task<DeviceWatch> WatchAsync(ObjectPath device, CancellationTokenSource late, CancellationToken either, CancellationToken cancellationToken)
    {
        try
        {
            return await DeviceWatch.StartAsync(objects, kernel, controllerIndex, device, time, either);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new DfuException(DfuError.ConnectTimeout, $"BlueZ did not tell of {device} in time");
        }
        catch (TimeoutException e)
        {
            throw new DfuException(DfuError.AdapterLost, $"bluetoothd does not answer about {device}", e);
        }
        catch (Exception e) when (e is not (DfuException or OperationCanceledException))
        {
            throw new DfuException(ConnectErrors.IsBusLost(e) ? DfuError.AdapterLost : DfuError.ConnectFailed, $"{device}: {e.Message}", e);
        }
    }

    /// <summary>Connected and its services known; false when it was refused in a way that another attempt may cure.</summary>
    private async Task<bool> ConnectAsync(DeviceWatch watch, Task answer, LinkOptions options, bool mayRepeat, CancellationToken cancellationToken)
    {
        Background.Run("watch a connect", PulseAfterAsync(answer, watch));
        await watch.UntilAsync(() => answer.IsCompleted || watch.IsOver, Timeout.InfiniteTimeSpan, cancellationToken);

        // A link that was not established comes and goes before the answer says so.
        if (!answer.IsCompleted) await watch.CameAsync(() => answer.IsCompleted || watch.Ended is not null, BlueZTimes.EndAfterFailure, cancellationToken);
        if (!answer.IsFaulted) watch.ThrowIfOver();
        try
        {
            await answer;
        }
        catch (DBusException e) when (ConnectErrors.IsConnected(e.ErrorName, e.ErrorMessage))
        {
            // As good as the answer that was wanted.
        }
        catch (DBusException e) when (!ConnectErrors.IsBusLost(e))
        {
            var refusal = await MeaningAsync(e, watch, cancellationToken);
            if (refusal.Again && mayRepeat) return false;
            throw new DfuException(
                refusal.Error, refusal.Error == DfuError.AdapterFull ? Full(watch, e) : $"connect to {watch.Address}: {e.Message}{Status(watch)}", e);
        }

        if (!await LinkCameAsync(watch, cancellationToken))
        {
            if (mayRepeat) return false;
            throw new DfuException(DfuError.ConnectFailed, $"{watch.Address}: BlueZ says that it connected, and there is no link");
        }

        await watch.UntilAsync(() => watch.Resolved || watch.IsOver, Timeout.InfiniteTimeSpan, cancellationToken);
        watch.ThrowIfOver();
        return true;
    }

    /// <summary>Whether BlueZ has the link that it answered for, or had it.</summary>
    /// <remarks>
    /// BlueZ 5.66, src/device.c, att_connect_cb. A bluetoothd that is busy sees the link's socket before the kernel's word that the device is
    /// connected; then it never tells that Connected changed, and only a caller that asks for the property learns of the link. A connect that was
    /// aborted on this side is answered like one that was made, while bluetoothd tries it once more by itself.
    /// </remarks>
    private static async Task<bool> LinkCameAsync(DeviceWatch watch, CancellationToken cancellationToken)
    {
        if (Came()) return true;
        if (!watch.ToldConnected) await watch.AskAsync(cancellationToken);
        if (await watch.CameAsync(Came, BlueZTimes.ConnectedAfterAnswer, cancellationToken)) return true;
        await watch.AskAsync(cancellationToken);
        return Came();

        bool Came() => watch.Connected || watch.IsOver;
    }

    /// <summary>What a refused connect means, with the controller's own word where this host tells it.</summary>
    private async Task<ConnectRefusal> MeaningAsync(DBusException e, DeviceWatch watch, CancellationToken cancellationToken)
    {
        var refusal = ConnectErrors.Of(e.ErrorName, e.ErrorMessage);
        if (!ConnectErrors.LacksReason(refusal) || !LinkReasons.AreTold(kernel)) return refusal;
        await watch.CameAsync(() => (watch.Refusal ?? watch.Reason) is not null || watch.Ended is not null, BlueZTimes.ReasonAfterEnd, cancellationToken);
        return ConnectErrors.Of(e.ErrorName, e.ErrorMessage, watch.Refusal);
    }

    /// <summary>Counts the links of all programs, as far as BlueZ has told of them.</summary>
    private string Full(DeviceWatch watch, DBusException e)
    {
        var path = watch.Path.ToString();
        var links = objects.Below(path[..path.LastIndexOf('/')]).Count(o => o.Path != watch.Path && o.Get<bool>(BlueZObjects.Device, "Connected"));
        return $"the controller holds {links} link{(links == 1 ? "" : "s")} and refused one to {watch.Address}: {e.ErrorMessage}{Status(watch)}";
    }

    private static string Status(DeviceWatch watch) => (watch.Refusal ?? watch.Reason) is { } status ? $", HCI status 0x{status:x2}" : "";

    /// <summary>Disconnects what is there or half there, so that nothing stays in progress.</summary>
    private async Task ClearAsync(DeviceWatch watch, CancellationToken cancellationToken)
    {
        try
        {
            await objects.Proxy<IDevice1>(watch.Path).DisconnectAsync().AnsweredAsync(BlueZTimes.Disconnect, time, cancellationToken);
        }
        catch (DBusException e) when (!ConnectErrors.IsBusLost(e))
        {
            // Not connected: nothing to clear.
        }

        await watch.CameAsync(() => !watch.Connected || watch.Ended is not null, BlueZTimes.SignalAfterAnswer, cancellationToken);
    }

    /// <summary>Leaves the device disconnected; whether bluetoothd did not answer.</summary>
    private async Task<bool> LetGoAsync(DeviceWatch watch)
    {
        if (watch.Ended is not null)
        {
            watch.Dispose();
            return false;
        }

        var answer = AnswersAsync(watch);
        using var late = new CancellationTokenSource(BlueZTimes.LetGo, time);
        try
        {
            await ClearAsync(watch, late.Token);
            return false;
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException)
        {
            // A disconnect from a peer that is silent takes as long as the link's supervision timeout.
            return !answer.IsCompleted;
        }
        catch (Exception e)
        {
            Background.Overlook("let go of a device", e);
            return false; // the bus is gone: what made the connect fail says so as well
        }
        finally
        {
            watch.Dispose();
        }
    }

    /// <summary>Ends with any answer of bluetoothd.</summary>
    private async Task AnswersAsync(DeviceWatch watch)
    {
        try
        {
            await objects.Proxy<IDevice1>(watch.Path).GetAsync<bool>("Connected");
        }
        catch (Exception e)
        {
            // That is an answer, too.
            Background.Overlook("ask a device", e);
        }
    }

    private static DfuException TooLate(DeviceWatch watch, Task? answer, LinkOptions options)
    {
        var seconds = options.ConnectTimeout.TotalSeconds;
        return new DfuException(DfuError.ConnectTimeout, answer is { IsCompletedSuccessfully: true }
            ? $"{watch.Address}: its services were not known within {seconds:0.#} s"
            : $"{watch.Address}: no link within {seconds:0.#} s");
    }

    private static DfuException Failure(Exception e, DeviceWatch watch) => e switch
    {
        DfuException known => known,
        DBusException refused when !ConnectErrors.IsBusLost(refused) =>
            new DfuException(ConnectErrors.Of(refused.ErrorName, refused.ErrorMessage).Error, $"connect to {watch.Address}: {refused.Message}", refused),
        TimeoutException => new DfuException(DfuError.AdapterLost, $"bluetoothd did not answer while connecting to {watch.Address}", e),
        _ => new DfuException(DfuError.AdapterLost, $"connect to {watch.Address}: {e.Message}", e),
    };

    private static async Task PulseAfterAsync(Task task, DeviceWatch watch)
    {
        try
        {
            await task;
        }
        catch (Exception e)
        {
            // The connect itself awaits the task and tells of it.
            Background.Overlook("see a connect answered", e);
        }

        watch.Pulse();
    }
}
