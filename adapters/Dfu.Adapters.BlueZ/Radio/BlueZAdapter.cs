using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Dfu.Adapters.BlueZ.Bus;
using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Adapters.BlueZ.Links;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;
using Linux.Bluetooth;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Radio;

/// <summary>One controller over bluetoothd.</summary>
internal sealed class BlueZAdapter : IAdapter
{
    /// <summary>No controller says how many links it holds; most hold 5 to 10. The fleet learns less from AdapterFull.</summary>
    private const int UnknownMaxLinks = 10;

    private const int HeardCapacity = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<IDfuLink, Task> _links = [];
    private readonly Dictionary<BluetoothAddress, Task> _held = [];
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ended = new();
    private readonly SemaphoreSlim _one = new(1);
    private readonly IBlueZObjects _objects;
    private readonly IKernelBluetooth _kernel;
    private readonly ILinkOpener _opener;
    private readonly BlueZOptions _options;
    private readonly TimeProvider _time;
    private readonly ScanRoom.Seat _seat;
    private readonly Discovery _discovery;
    private readonly Hearing _hearing;
    private readonly DeviceFinder _finder;
    private readonly IDisposable _changes;
    private Channel<Advertisement>? _heard;
    private Task? _disposal;
    private volatile string? _lostWhy;

    public BlueZAdapter(
        Controller controller, string name, ObjectPath path, IBlueZObjects objects, IKernelBluetooth kernel, ILinkOpener opener, Shared shared,
        TimeProvider time)
    {
        (Controller, Name, Path, _objects, _kernel, _opener, _options, _time) = (controller, name, path, objects, kernel, opener, shared.Options, time);
        _seat = shared.Room.Join(() => _discovery?.Wake(), Hear);
        _discovery = new(objects, path, () => _seat.Duty is ScanDuty.Always && _options.Surveys ? ScanDuty.Seek : _seat.Duty, Lose, time);
        _finder = new(objects, path, _seat, _discovery, time);
        _changes = objects.OnChange(path, OnChange);
        _hearing = new(objects, path, shared.Budget, _options.Surveys ? Hear : _seat.Hear);
        _ = Background.Start("watch bluetoothd", WatchEndAsync);
        _ = Background.Start("watch an adapter", CheckAsync);
    }

    /// <summary>What the adapters of a process share.</summary>
    public sealed record Shared(BlueZOptions Options, ScanRoom Room, FollowBudget Budget);

    public Controller Controller { get; }

    public ObjectPath Path { get; }

    public string Name { get; }

    public BluetoothAddress? Address => Controller.Address;

    public int MaxLinks => UnknownMaxLinks;

    public Task<string> Lost => _lost.Task;

    private string Reason => _lostWhy ?? "this host has let go of it";

    public async IAsyncEnumerable<Advertisement> ScanAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var heard = Channel.CreateBounded<Advertisement>(
            new BoundedChannelOptions(HeardCapacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        ThrowIfLost();
        if (Interlocked.CompareExchange(ref _heard, heard, null) is not null) throw new InvalidOperationException("a scan is on already");
        try
        {
            _seat.Update(static load => load with { Scans = true });
            if (_lost.Task.IsCompleted) heard.Writer.TryComplete();
            while (await heard.Reader.WaitToReadAsync(cancellationToken))
            {
                while (heard.Reader.TryRead(out var advertisement)) yield return advertisement;
            }

            ThrowIfLost();
        }
        finally
        {
            _seat.Update(static load => load with { Scans = false });
            Volatile.Write(ref _heard, null);
        }
    }

    public async Task<IDfuLink> ConnectAsync(BluetoothAddress address, AddressType addressType, LinkOptions options, CancellationToken cancellationToken)
    {
        ThrowIfLost();

        // Each part of a connect keeps to the time and says what was missing; this clock ends only a part that does not.
        using var late = new CancellationTokenSource(options.ConnectTimeout + BlueZTimes.LeastConnect, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token, _ended.Token);
        var entered = false;
        try
        {
            await _one.WaitAsync(either.Token);
            entered = true;
            _seat.Update(static load => load with { Connecting = true });
            if (Held(address) is { } held) await held.WithinAsync(options.ConnectTimeout, _time, either.Token);
            return Keep(await ConnectAsync(address, addressType, options, _time.GetTimestamp(), either.Token), address);
        }
        catch (DfuException e) when (e.Error == DfuError.AdapterLost)
        {
            Lose(e.Message); // the next opening does what it takes to bring the adapter back
            throw;
        }
        catch (Exception e) when (e is not DfuException)
        {
            ThrowIfLost();
            cancellationToken.ThrowIfCancellationRequested();
            if (e is OperationCanceledException or TimeoutException)
                throw new DfuException(DfuError.ConnectTimeout, $"no connection to {address} within {options.ConnectTimeout.TotalSeconds:0.#} s", e);
            if (e.IsBusTrouble()) throw new DfuException(DfuError.ConnectFailed, $"no connection to {address}: {e.Message}", e);
            throw;
        }
        finally
        {
            if (entered)
            {
                _seat.Update(static load => load with { Connecting = false });
                _one.Release();
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_gate) return new(_disposal ??= Background.Start("let go of an adapter", EndAsync));
    }

    private async Task<IDfuLink> ConnectAsync(BluetoothAddress address, AddressType type, LinkOptions options, long began, CancellationToken cancellationToken)
    {
        await PreferAsync(address, type, cancellationToken);
        for (var again = false; ; again = true)
        {
            try
            {
                var path = await _finder.FindAsync(address, type, Left(), cancellationToken);
                return await _opener.OpenAsync(path, options with { ConnectTimeout = Left() }, cancellationToken);
            }
            catch (Exception e)
            {
                // What an attempt leaves, in BlueZ or in its cache, would be the next one's trouble.
                if (!_lost.Task.IsCompleted && e is not DfuException { Error: DfuError.AdapterFull or DfuError.AdapterLost }) await CleanAsync(address);
                if (again || !IsStale(e) || cancellationToken.IsCancellationRequested) throw;
                if (Held(address) is { } held) await held.WithinAsync(Left(), _time, cancellationToken);
            }
        }

        TimeSpan Left() => options.ConnectTimeout - _time.GetElapsedTime(began) is var left && left > BlueZTimes.LeastConnect ? left : BlueZTimes.LeastConnect;
    }

    private async Task CleanAsync(BluetoothAddress address)
    {
        var cleaned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate) _held[address] = cleaned.Task;
        _ = Background.Start("forget a device", async () =>
        {
            try
            {
                await _finder.CleanAsync(address);
            }
            finally
            {
                Release(address, cleaned);
            }
        });
        try
        {
            await cleaned.Task.WithinAsync(BlueZTimes.Clean, _time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // It goes on.
        }
    }

    private void Release(BluetoothAddress address, TaskCompletionSource held)
    {
        lock (_gate)
        {
            if (_held.GetValueOrDefault(address) == held.Task) _held.Remove(address);
        }

        held.SetResult();
    }

    /// <summary>
    /// BlueZ believes in a connect or a link of somebody who is gone, or in services of an earlier firmware: once it has forgotten the device it does
    /// not.
    /// </summary>
    private static bool IsStale(Exception? e) => e switch
    {
        null => false,
        ServicesMissingException => true,
        DBusException { ErrorName: "org.bluez.Error.InProgress" or "org.bluez.Error.AlreadyConnected" } => true,
        DBusException d when d.ErrorMessage?.Contains("in progress", StringComparison.OrdinalIgnoreCase) == true => true,
        _ => IsStale(e.InnerException),
    };

    private async Task PreferAsync(BluetoothAddress address, AddressType type, CancellationToken cancellationToken)
    {
        try
        {
            await _kernel.PreferAsync(Controller.Index, address, type, new(_options.Interval, Latency: 0, _options.SupervisionTimeout), cancellationToken)
                .WithinAsync(BlueZTimes.Answer, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The link then runs with what the kernel holds for right.
        }
    }

    private IDfuLink Keep(IDfuLink link, BluetoothAddress address)
    {
        var forgotten = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool wanted;
        lock (_gate)
        {
            wanted = _disposal is null;
            if (wanted) _links[link] = _held[address] = forgotten.Task;
        }

        if (!wanted)
        {
            _ = Background.Start("close a link", () => link.DisposeAsync().AsTask());
            throw new DfuException(DfuError.AdapterLost, Reason);
        }

        CountLinks();
        _ = Background.Start("watch a link", () => WatchLinkAsync(link, address, forgotten));
        return link;
    }

    private async Task WatchLinkAsync(IDfuLink link, BluetoothAddress address, TaskCompletionSource forgotten)
    {
        await link.Closed;
        try
        {
            if (_lostWhy is null) await _finder.CleanAsync(address);
        }
        finally
        {
            lock (_gate) _links.Remove(link);
            Release(address, forgotten);
            CountLinks();
        }
    }

    /// <summary>Ends when the last link to this device has been closed and BlueZ has forgotten the device.</summary>
    private Task? Held(BluetoothAddress address)
    {
        lock (_gate) return _held.GetValueOrDefault(address);
    }

    private void CountLinks() => _seat.Update(load =>
    {
        // The adapter counts where it tells: of two counts at once the one told last might not be the newest.
        lock (_gate) return load with { Links = _links.Count };
    });

    private void Hear(Advertisement advertisement) => Volatile.Read(ref _heard)?.Writer.TryWrite(advertisement);

    private void OnChange(BlueZChange change)
    {
        if (change.Path != Path || change.Interface != BlueZObjects.Adapter) return;
        if (change.After?.Has(BlueZObjects.Adapter) != true) Lose($"{Controller.Name} is gone: it was pulled out or reset");
        else if (change.Properties.Contains("Powered") && !change.After.Get<bool>(BlueZObjects.Adapter, "Powered")) Lose($"{Controller.Name} was powered off");
        else if (change.Properties.Contains("Discovering") && !change.After.Get<bool>(BlueZObjects.Adapter, "Discovering")) _discovery.Stopped();
    }

    private async Task WatchEndAsync()
    {
        var reason = await Task.WhenAny(_objects.Ended, _lost.Task);
        if (reason == _objects.Ended) Lose(await _objects.Ended);
    }

    /// <summary>A bluetoothd that hangs tells nothing, so it is asked; of a controller that hangs the kernel's commands tell.</summary>
    private async Task CheckAsync()
    {
        while (!_lost.Task.IsCompleted)
        {
            try
            {
                if (!await _objects.Proxy<IAdapter1>(Path).GetAsync<bool>("Powered").AnsweredAsync(BlueZTimes.Answer, _time, _ended.Token))
                    Lose($"{Controller.Name} was powered off");
                if (_kernel.Silence(Controller.Index) is { } silence && silence >= BlueZTimes.LongestSilence)
                    Lose($"{Controller.Name} hangs: it has answered no command for {silence.TotalSeconds:0} s");
                await Task.Delay(BlueZTimes.Check, _time, _ended.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (TimeoutException)
            {
                Lose($"bluetoothd has not answered for {BlueZTimes.Answer.TotalSeconds:0} s");
            }
            catch (Exception e)
            {
                Lose($"{Controller.Name} cannot be asked any more: {e.Message}");
            }
        }
    }

    private void Lose(string reason)
    {
        lock (_gate)
        {
            if (_disposal is not null) return;
            _lostWhy = reason;
            _disposal = Background.Start("let go of an adapter", EndAsync);
        }
    }

    private async Task EndAsync()
    {
        _lost.TrySetResult(Reason);
        _changes.Dispose();
        _hearing.Dispose();
        _ended.Cancel();
        Volatile.Read(ref _heard)?.Writer.TryComplete();
        KeyValuePair<IDfuLink, Task>[] links;
        lock (_gate) links = [.. _links];
        try
        {
            await Task.WhenAll(links.Select(static link => CloseAsync(link.Key, link.Value))).WithinAsync(BlueZTimes.LinksClose, _time, CancellationToken.None);
        }
        catch (Exception e)
        {
            // They end with bluetoothd or the controller.
            Background.Overlook("close the links of an adapter", e);
        }

        await _discovery.DisposeAsync();
        _seat.Dispose();
    }

    private static async Task CloseAsync(IDfuLink link, Task forgotten)
    {
        await link.DisposeAsync();
        await forgotten;
    }

    private void ThrowIfLost()
    {
        if (_lost.Task.IsCompleted) throw new DfuException(DfuError.AdapterLost, Reason);
    }
}
