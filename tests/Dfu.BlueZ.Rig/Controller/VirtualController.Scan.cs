using System.Text;
using Dfu.Adapters;
using Dfu.Protocol.Errors;

namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <summary>What the host hears of the air.</summary>
internal sealed partial class VirtualController
{
    private const int LongestAdvertisedName = 29;

    private readonly HashSet<PeerAddress> _acceptList = [];
    private readonly Dictionary<PeerAddress, string> _names = [];
    private readonly Queue<(PeerAddress Peer, string Name)> _reported = new();
    private CancellationTokenSource? _listening;
    private Task _listener = Task.CompletedTask;
    private bool _scans;
    private bool _scansActively;
    private bool _scansAcceptList;
    private bool _filtersDuplicates;

    private bool TryScan(ushort opCode, ReadOnlySpan<byte> parameters)
    {
        switch (opCode)
        {
            case HciOpCode.LeSetScanParameters when parameters.Length >= 7:
                if (_scans)
                {
                    Complete(opCode, HciStatus.CommandDisallowed);
                    return true;
                }

                (_scansActively, _scansAcceptList) = (parameters[0] == 1, (parameters[6] & 1) != 0);
                break;
            case HciOpCode.LeSetScan when parameters.Length >= 2:
                (_scans, _filtersDuplicates) = (parameters[0] != 0, parameters[1] != 0);
                _reported.Clear();
                Listen();
                break;
            case HciOpCode.LeClearAcceptList:
                _acceptList.Clear();
                break;
            case HciOpCode.LeAddToAcceptList when PeerAddress.TryRead(parameters, out var peer):
                _acceptList.Add(peer);
                break;
            case HciOpCode.LeRemoveFromAcceptList when PeerAddress.TryRead(parameters, out var peer):
                _acceptList.Remove(peer);
                break;
            default:
                return false;
        }

        Complete(opCode, HciStatus.Success);
        return true;
    }

    /// <summary>The adapter scans while the host does, or while it waits for somebody of its accept list.</summary>
    private void Listen()
    {
        var listens = _scans || _connecting is { Peer: null };
        if (listens == _listening is not null) return;
        if (listens)
        {
            _listening = new CancellationTokenSource();
            _listener = ListenAsync(_listener, _listening.Token);
        }
        else
        {
            _listening!.Cancel();
            _listening = null;
        }
    }

    private async Task ListenAsync(Task before, CancellationToken cancellationToken)
    {
        await before; // an adapter has one scan at a time
        try
        {
            await foreach (var advertisement in _adapter.ScanAsync(cancellationToken))
            {
                var heard = advertisement;
                Post(() => Hear(heard));
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody wants to hear any more.
        }
        catch (DfuException failure)
        {
            _options.Log($"scan: {failure.Message}");
        }
    }

    private void Hear(Advertisement advertisement)
    {
        var peer = PeerAddress.Of(advertisement.AddressType, advertisement.Address);
        _names[peer] = advertisement.Name;
        if (_muted is not null) return;
        if (_connecting is { Peer: null } && advertisement.Connectable && _acceptList.Contains(peer)) Connect(_connecting, peer);
        if (!_scans || (_scansAcceptList && !_acceptList.Contains(peer)) || WasReported(peer, advertisement.Name)) return;
        byte[] flags = [0x02, 0x01, 0x06]; // general discoverable, no BR/EDR
        byte[] data = advertisement.DfuService ? [.. flags, 0x03, 0x03, .. GattUuid.SecureDfu] : flags;
        Send(HciEvents.AdvertisingReport(advertisement.Connectable ? HciEvents.Connectable : HciEvents.Scannable, peer, data, advertisement.Rssi));
        if (_scansActively) Send(HciEvents.AdvertisingReport(HciEvents.ScanResponse, peer, NameData(advertisement.Name), advertisement.Rssi));
    }

    private bool WasReported(PeerAddress peer, string name)
    {
        if (!_filtersDuplicates) return false;
        if (_reported.Contains((peer, name))) return true;
        if (_reported.Count >= _options.DuplicateMemory) _reported.Dequeue();
        _reported.Enqueue((peer, name));
        return false;
    }

    private static byte[] NameData(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        if (bytes.Length == 0) return [];
        return bytes.Length <= LongestAdvertisedName
            ? [(byte)(bytes.Length + 1), 0x09, .. bytes]
            : [LongestAdvertisedName + 1, 0x08, .. bytes.AsSpan(0, LongestAdvertisedName)];
    }
}
