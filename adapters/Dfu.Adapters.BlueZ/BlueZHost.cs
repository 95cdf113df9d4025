using Dfu.Adapters.BlueZ.Bus;
using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Adapters.BlueZ.Links;
using Dfu.Adapters.BlueZ.Radio;
using Dfu.Protocol.Errors;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ;

/// <summary>
/// What the radios of one process share: the way to bluetoothd and to the kernel, and who scans. One per process; opens when it is first needed.
/// </summary>
public sealed class BlueZHost : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _opening = new(1);
    private readonly Dictionary<string, BlueZAdapter?> _claims = new(StringComparer.Ordinal);
    private readonly Parts _parts;
    private readonly Lazy<IKernelBluetooth> _kernel;
    private IBlueZObjects? _objects;
    private bool _disposed;

    public BlueZHost(BlueZOptions options, TimeProvider time)
        : this(options, time, new(
            () => KernelBluetooth.Open(time),
            cancellationToken => OpenBusAsync(options, time, cancellationToken),
            (objects, kernel, index) => new LinkOpener(objects, kernel, index, time),
            () => PresentControllers.List(options.Sysfs)))
    {
    }

    internal BlueZHost(BlueZOptions options, TimeProvider time, Parts parts)
    {
        (Options, Time, _parts) = (options, time, parts);
        _kernel = new(parts.Kernel);
        Shared = new(options, new(), new());
    }

    /// <summary>What the host is made of.</summary>
    /// <param name="Objects">Opens the bus.</param>
    /// <param name="Opener">Makes what opens the links of a controller.</param>
    /// <param name="Controllers">The kernel's list, empty where there is none.</param>
    internal sealed record Parts(
        Func<IKernelBluetooth> Kernel,
        Func<CancellationToken, Task<IBlueZObjects>> Objects,
        Func<IBlueZObjects, IKernelBluetooth, int, ILinkOpener> Opener,
        Func<IReadOnlyList<Controller>> Controllers);

    internal BlueZOptions Options { get; }

    internal TimeProvider Time { get; }

    internal BlueZAdapter.Shared Shared { get; }

    internal IKernelBluetooth KernelSide => _kernel.Value;

    /// <param name="id">The adapter's name in reports; see <see cref="IAdapterSource.Id"/>.</param>
    public IAdapterSource Source(BlueZSpec spec, string id) => new BlueZAdapterSource(this, spec, id);

    /// <summary>Closes what is open, stops scanning and lets go of the bus.</summary>
    public async ValueTask DisposeAsync()
    {
        BlueZAdapter[] open;
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            open = [.. _claims.Values.OfType<BlueZAdapter>()];
        }

        foreach (var adapter in open) await adapter.DisposeAsync();
        await _opening.WaitAsync();
        (_objects as IDisposable)?.Dispose();
        _opening.Release(); // waiters learn that this host has ended
        if (_kernel.IsValueCreated) _kernel.Value.Dispose();
    }

    private static async Task<IBlueZObjects> OpenBusAsync(BlueZOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var objects = await BlueZObjects.OpenAsync(options.Address, time, cancellationToken);
        try
        {
            await objects.RegisterAgentAsync(cancellationToken);
            return objects;
        }
        catch
        {
            objects.Dispose();
            throw;
        }
    }

    internal IReadOnlyList<Controller> KernelControllers() => _parts.Controllers();

    internal ILinkOpener Opener(IBlueZObjects objects, int index) => _parts.Opener(objects, KernelSide, index);

    /// <summary>The bus, opened again when bluetoothd or the bus had gone.</summary>
    /// <exception cref="DfuException">AdapterNotFound.</exception>
    internal async Task<IBlueZObjects> ObjectsAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_objects is { Ended.IsCompleted: false } open) return open;
            (_objects as IDisposable)?.Dispose();
            _objects = null;
            return _objects = await _parts.Objects(cancellationToken);
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>Lets go of the bus when no radio uses it: the next one begins afresh.</summary>
    internal async Task LetGoWhenUnusedAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            lock (_gate)
            {
                if (_claims.Values.Any(static a => a is not { Lost.IsCompleted: true })) return;
            }

            (_objects as IDisposable)?.Dispose();
            _objects = null;
        }
        finally
        {
            _opening.Release();
        }
    }

    internal bool IsFree(ObjectPath path)
    {
        lock (_gate) return !_claims.TryGetValue(path.ToString(), out var holder) || holder is { Lost.IsCompleted: true };
    }

    /// <returns>False when another radio of this process has that controller.</returns>
    internal bool TryClaim(ObjectPath path)
    {
        lock (_gate)
        {
            if (!IsFree(path)) return false;
            foreach (var gone in _claims.Where(static claim => claim.Value is { Lost.IsCompleted: true }).Select(static claim => claim.Key).ToArray())
                _claims.Remove(gone);
            _claims[path.ToString()] = null;
            return true;
        }
    }

    /// <param name="adapter">What was opened; null when that failed.</param>
    internal void Claimed(ObjectPath path, BlueZAdapter? adapter)
    {
        lock (_gate)
        {
            if (adapter is null) _claims.Remove(path.ToString());
            else _claims[path.ToString()] = adapter;
        }
    }
}
