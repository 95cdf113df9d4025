using System.Runtime.InteropServices;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;

namespace Dfu.Adapters.BlueZ.Kernel;

/// <summary>The running kernel's side of Bluetooth. Where there is none, or it is not permitted, every answer is null or false.</summary>
internal sealed class KernelBluetooth : IKernelBluetooth
{
    private const int MostTold = 1024;

    private readonly IHciSockets _sockets;
    private readonly FileHandle? _control;
    private readonly FileHandle? _monitor;
    private readonly SocketReader? _reader;
    private readonly MgmtRequests _requests;
    private readonly LinkTracker _links = new();
    private readonly AnswerWatch _answers;
    private readonly Dictionary<int, PreferredParameters> _preferred = [];
    private readonly bool _trusted;

    /// <summary>Ends that the monitor told and the management socket will tell again. Only the reading thread touches it.</summary>
    private readonly Dictionary<(int Index, BluetoothAddress Peer), int> _told = [];

    private volatile bool _disposed;

    private KernelBluetooth(IHciSockets sockets, TimeProvider time, bool monitor)
    {
        _sockets = sockets;
        _requests = new(Send, time);
        _answers = new(time);
        _control = sockets.Open(HciChannel.Control, out var controlError);
        ControlError = controlError;
        if (monitor)
        {
            _monitor = sockets.Open(HciChannel.Monitor, out var monitorError);
            MonitorError = monitorError;
        }

        if (_control is not null)
        {
            PacketSocket.Prepare(_control, PacketFilter.Control);
            _trusted = PacketSocket.IsTrusted(_control);
        }

        if (_monitor is not null) PacketSocket.Prepare(_monitor, PacketFilter.Monitor);
        if (_control is not null || _monitor is not null) _reader = new(_control, OnControl, _monitor, OnMonitor);
    }

    public event Action<int, BluetoothAddress, byte>? Disconnected;

    public event Action<int, BluetoothAddress?, byte>? ConnectFailed;

    public bool MayConfigure => _trusted && _reader is { ReadsControl: true };

    public bool MayMonitor => _reader is { ReadsMonitor: true };

    /// <summary>
    /// The errno that opening the management socket ended with, 0 when it is open: 97 (EAFNOSUPPORT) where the kernel has no Bluetooth or in a
    /// network namespace of its own.
    /// </summary>
    public int ControlError { get; }

    /// <summary>The errno that opening the monitor ended with, 0 when it is open or not wanted: 1 (EPERM) without CAP_NET_RAW.</summary>
    public int MonitorError { get; }

    /// <param name="monitor">
    /// Whether to open the monitor, where permitted: without it nothing is known of links' parameters, and less of why they ended.
    /// </param>
    public static KernelBluetooth Open(TimeProvider time, bool monitor = true) => Open(new HciSockets(), time, monitor);

    internal static KernelBluetooth Open(IHciSockets sockets, TimeProvider time, bool monitor = true) => new(sockets, time, monitor);

    public LinkParameters? InForce(int index, BluetoothAddress peer) => _links.InForce(index, peer);

    public LinkPhy? PhyInForce(int index, BluetoothAddress peer) => _links.Phy(index, peer);

    public TimeSpan? Silence(int index) => _answers.Silence(index);

    public async Task<MgmtVersion?> VersionAsync(CancellationToken cancellationToken) =>
        await AskAsync(MgmtCommand.ReadVersion, MgmtPacket.NoIndex, cancellationToken) is { Succeeded: true } answer
            && MgmtVersion.TryParse(answer.Parameters.Span, out var version)
            ? version
            : null;

    public async Task<ControllerAbilities?> AbilitiesAsync(int index, CancellationToken cancellationToken)
    {
        if (await AskAsync(MgmtCommand.ReadControllerInformation, index, cancellationToken) is not { Succeeded: true } answer) return null;
        if (!ControllerInformation.TryParse(answer.Parameters.Span, out var information)) return null;
        var phys = MayConfigure ? await PhysAsync(index, cancellationToken) : null;
        return new(
            information.Address,
            information.Name,
            information.HciVersion,
            information.Manufacturer,
            (information.Supported & ControllerInformation.LowEnergy) != 0,
            (information.Current & ControllerInformation.Powered) != 0,
            phys is { } known ? (known.Supported & PhyConfiguration.Le2M) == PhyConfiguration.Le2M : null,
            phys is { } selected ? (selected.Selected & PhyConfiguration.Le2M) == PhyConfiguration.Le2M : null,
            AclBuffers(index));
    }

    public async Task<bool> SetPoweredAsync(int index, bool on, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(MgmtCommand.SetPowered, index, () => [on ? (byte)1 : (byte)0], BlueZTimes.KernelPower, cancellationToken);

        // The settings in force afterwards, u32, powered in the lowest bit: an answer that came late to an earlier request does not pass for this one.
        return answer is { Succeeded: true, Parameters: { Length: >= 4 } settings } && (settings.Span[0] & ControllerInformation.Powered) != 0 == on;
    }

    public async Task<bool> PreferAsync(int index, BluetoothAddress peer, AddressType type, LinkParameters parameters, CancellationToken cancellationToken)
    {
        if (!MayConfigure || !PreferredParameters.AreAllowed(parameters)) return false;
        var answer = await AskAsync(
            MgmtCommand.LoadConnectionParameters, index, () => PreferredOf(index).With(peer, type, parameters), BlueZTimes.KernelAnswer, cancellationToken);
        return answer is { Succeeded: true };
    }

    public async Task<bool> Prefer2MAsync(int index, CancellationToken cancellationToken)
    {
        if (!MayConfigure || await PhysAsync(index, cancellationToken) is not { } phys || (phys.Supported & PhyConfiguration.Le2M) != PhyConfiguration.Le2M)
            return false;
        if ((phys.Selected & PhyConfiguration.Le2M) == PhyConfiguration.Le2M) return true;
        var selected = phys.Selected | PhyConfiguration.Le2M;
        var answer = await AskAsync(
            MgmtCommand.SetPhyConfiguration, index,
            () => [(byte)selected, (byte)(selected >> 8), (byte)(selected >> 16), (byte)(selected >> 24)],
            BlueZTimes.KernelAnswer, cancellationToken);
        return answer is { Succeeded: true };
    }

    public bool ResetUsb(UsbPlace place) => UsbReset.Try(place.Node);

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _reader?.Dispose();
        _requests.Close();
        _control?.Dispose();
        _monitor?.Dispose();
    }

    private Task<MgmtAnswer?> AskAsync(MgmtCommand command, int index, CancellationToken cancellationToken) =>
        AskAsync(command, index, static () => [], BlueZTimes.KernelAnswer, cancellationToken);

    private Task<MgmtAnswer?> AskAsync(MgmtCommand command, int index, Func<byte[]> parameters, TimeSpan bound, CancellationToken cancellationToken) =>
        _reader is { ReadsControl: true } && !_disposed && index is >= 0 and <= MgmtPacket.NoIndex
            ? _requests.AskAsync(command, (ushort)index, parameters, bound, cancellationToken)
            : Task.FromResult<MgmtAnswer?>(null);

    private async Task<PhyConfiguration?> PhysAsync(int index, CancellationToken cancellationToken) =>
        await AskAsync(MgmtCommand.GetPhyConfiguration, index, cancellationToken) is { Succeeded: true } answer
            && PhyConfiguration.TryParse(answer.Parameters.Span, out var phys)
            ? phys
            : null;

    /// <summary>
    /// What the controller said itself, else what the kernel counts: of a controller with BR/EDR the latter tells only of buffers that may not be Low
    /// Energy's.
    /// </summary>
    private int? AclBuffers(int index)
    {
        var own = _links.Buffers(index);
        if (own > 0) return own;
        Span<byte> bytes = stackalloc byte[DeviceInfo.Size];
        if (!_sockets.TryReadDeviceInfo(index, bytes) || !DeviceInfo.TryParse(bytes, out var info) || info.AclPackets == 0) return null;
        return info.OnlyLowEnergy || own == 0 ? info.AclPackets : null;
    }

    private PreferredParameters PreferredOf(int index)
    {
        lock (_preferred) return CollectionsMarshal.GetValueRefOrAddDefault(_preferred, index, out _) ??= new();
    }

    private bool Send(byte[] packet)
    {
        try
        {
            return _control is not null && PacketSocket.Send(_control, packet);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    internal void OnControl(ReadOnlySpan<byte> bytes)
    {
        if (!MgmtPacket.TryParse(bytes, out var packet)) return;
        switch ((MgmtEvent)packet.Code)
        {
            case MgmtEvent.CommandComplete or MgmtEvent.CommandStatus when MgmtAnswer.TryParse(packet, out var answer):
                _requests.OnAnswer(answer);
                break;
            case MgmtEvent.IndexAdded:
                PreferredOf(packet.Index).Clear();
                break;
            case MgmtEvent.IndexRemoved:
                _links.Forget(packet.Index);
                PreferredOf(packet.Index).Clear();
                break;
            case MgmtEvent.DeviceDisconnected when DeviceDisconnected.TryParse(packet.Parameters, out var ended):
                if (!WasTold(packet.Index, ended.Peer)) Tell(Disconnected, packet.Index, ended.Peer, ended.Reason);
                break;
            case MgmtEvent.ConnectFailed when !MayMonitor && BlueZ.Kernel.ConnectFailed.TryParse(packet.Parameters, out var failed):
                Tell(ConnectFailed, packet.Index, failed.Peer, failed.Status);
                break;
            default:
                break;
        }
    }

    internal void OnMonitor(ReadOnlySpan<byte> bytes)
    {
        if (MonitorEvent.Parse(bytes) is not { } e) return;
        _answers.Apply(e);
        var whose = _links.Apply(e);
        if (e is MonitorEvent.ConnectFailed failed) Tell(ConnectFailed, e.Index, whose, failed.Status);
        if (whose is not { } peer || e is not MonitorEvent.LinkEnded ended) return;
        if (_trusted)
        {
            // Those whose repetition never came are forgotten some day.
            if (_told.Count >= MostTold) _told.Clear();
            CollectionsMarshal.GetValueRefOrAddDefault(_told, (e.Index, peer), out _)++;
        }

        Tell(Disconnected, e.Index, peer, ended.Reason);
    }

    private bool WasTold(int index, BluetoothAddress peer)
    {
        if (!_told.Remove((index, peer), out var times)) return false;
        if (times > 1) _told[(index, peer)] = times - 1;
        return true;
    }

    private static void Tell<T>(Action<int, T, byte>? listeners, int index, T peer, byte code)
    {
        foreach (var listener in listeners?.GetInvocationList().Cast<Action<int, T, byte>>() ?? [])
        {
            try
            {
                listener(index, peer, code);
            }
            catch (Exception e)
            {
                // The others are to hear of it too.
                Background.Report("tell of what the kernel said", e);
            }
        }
    }
}
