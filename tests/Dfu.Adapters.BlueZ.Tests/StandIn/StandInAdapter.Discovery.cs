using Dfu.Adapters.BlueZ.Tests.StandIn.Wire;
using Dfu.Protocol.Errors;

namespace Dfu.Adapters.BlueZ.Tests.StandIn;

/// <summary>Discovery is counted by client; what any of them wants to hear is told to all.</summary>
internal sealed partial class StandInAdapter
{
    private readonly Dictionary<string, DiscoveryFilter> _filters = [];
    private readonly HashSet<string> _discovering = [];
    private CancellationTokenSource? _scan;
    private Task _scanned = Task.CompletedTask;

    private Task<Reply> SetFilterAsync(DBusMessage call)
    {
        RequirePower();
        var filter = DiscoveryFilter.Read((Dictionary<string, object>)call.Body[0]);
        if (((Dictionary<string, object>)call.Body[0]).Count == 0) _filters.Remove(call.Sender);
        else _filters[call.Sender] = filter;
        return Task.FromResult(Reply.Nothing);
    }

    private async Task<Reply> StartDiscoveryAsync(DBusMessage call)
    {
        RequirePower();
        if (!_discovering.Add(call.Sender)) throw new BusError("org.bluez.Error.InProgress", "Operation already in progress");
        if (_discovering.Count > 1) return Reply.Nothing;
        await _scanned;
        if (_discovering.Count == 0 || _scan is not null) return Reply.Nothing;
        _scan = new();
        _scanned = ScanAsync(_scan.Token);
        Objects.Set(Path, ("Discovering", true));
        return Reply.Nothing;
    }

    private async Task<Reply> StopDiscoveryAsync(DBusMessage call)
    {
        RequirePower();
        if (!_discovering.Contains(call.Sender)) throw new BusError("org.bluez.Error.Failed", "No discovery started");
        await ForgetClientAsync(call.Sender);
        return Reply.Nothing;
    }

    /// <summary>With its discovery a client's filter is forgotten, too.</summary>
    private async Task ForgetClientAsync(string client)
    {
        _filters.Remove(client);
        if (_discovering.Remove(client) && _discovering.Count == 0) await EndDiscoveryAsync();
    }

    private async Task EndDiscoveryAsync()
    {
        _discovering.Clear();
        _filters.Clear();
        if (_scan is not { } scan) return;
        _scan = null;
        scan.Cancel();
        await _scanned;
        scan.Dispose();
        foreach (var device in _devices.Values) device.ForgetSignalStrength();
        Objects.Set(Path, ("Discovering", false));
    }

    private async Task ScanAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var heard in Radio.ScanAsync(cancellationToken))
            {
                if (cancellationToken.IsCancellationRequested) return;
                if (Hears(heard) is { } told) OnHeard(told);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or DfuException)
        {
            // Stopped, or the radio is lost, which has an end of its own.
        }
    }

    private void OnHeard(Advertisement heard)
    {
        if (!_discovering.Any(client => _filters.GetValueOrDefault(client, DiscoveryFilter.None).Wants(heard))) return;
        if (!_devices.TryGetValue(PathOf(heard.Address), out var device)) Know(new StandInDevice(this, heard.Address, heard.AddressType), heard);
        else device.OnHeard(heard, everyTime: _discovering.Any(client => _filters.GetValueOrDefault(client, DiscoveryFilter.None).Duplicates));
    }

    private void Know(StandInDevice device, Advertisement heard)
    {
        if (_devices.TryAdd(device.Path, device)) device.Show(heard);
    }
}
