using System.Buffers.Binary;
using Dfu.Adapters.Simulated.Air;
using Dfu.Protocol.Requests;

namespace Dfu.Adapters.Simulated.Bootloader;

/// <summary>The Secure DFU bootloader while it runs: takes writes of its two characteristics, answers, writes flash. One instance per boot.</summary>
/// <remarks>
/// Knows neither link nor radio; time comes from the event queue it shares with its flash. The rules are those of Nordic's
/// request handler (nRF5 SDK 17.1, nrf_dfu_req_handler.c), with the differences of older ones by <see cref="BootloaderProfile"/>.
/// </remarks>
internal sealed partial class BootloaderCore
{
    /// <summary>Buffers for packets: one object in packets of 244 bytes.</summary>
    public const int PacketBuffers = 17;

    private readonly EventQueue _events;
    private readonly VirtualDeviceOptions _options;
    private readonly BootloaderProfile _profile;
    private readonly FlashMemory _memory;
    private readonly FlashController _flash;
    private readonly IBootloaderPort _port;
    private readonly DeviceCounters _counters;
    private readonly Queue<Request> _requests = new();
    private ObjectType _current = ObjectType.Command;
    private int _prn;
    private int _prnLeft;
    private int _buffersFree = PacketBuffers;
    private bool _mainLoopBusy;
    private bool _draining;
    private EventQueue.Scheduled? _inactivity;

    public BootloaderCore(
        EventQueue events,
        VirtualDeviceOptions options,
        FlashMemory memory,
        FlashController flash,
        IBootloaderPort port,
        DeviceCounters counters,
        Settings settings)
    {
        (_events, _options, _profile, _memory, _flash, _port, _counters) = (events, options, options.Profile, memory, flash, port, counters);
        _flash.Idle = OnFlashIdle;
        _settings = settings;
        _mainBuffer = settings;
        _backupBuffer = settings;
        Restore(settings);
        RestoreInitPacket();
        if (_profile.SettingsBackup) _ = TrySave();
    }

    /// <summary>The timeout the inactivity timer was last started with, null when it does not run.</summary>
    public TimeSpan? InactivityTimeout { get; private set; }

    /// <summary>Interrupts run and the main loop does not: requests pile up until it ends.</summary>
    public bool MainLoopBusy
    {
        get => _mainLoopBusy;
        set
        {
            _mainLoopBusy = value;
            Drain();
        }
    }

    /// <summary>So many control point writes pass before one is lost after its ATT acknowledgement; negative for none.</summary>
    public int LoseRequestAfter { get; set; } = -1;

    public void OnControl(ReadOnlySpan<byte> value)
    {
        if (LoseRequestAfter >= 0 && LoseRequestAfter-- == 0) return;
        Receive(new Request(false, value.ToArray()));
    }

    /// <param name="value">Not changed by the caller any more.</param>
    public void OnPacket(byte[] value)
    {
        _counters.PacketBytes += value.Length;
        if (_current == ObjectType.Command) _counters.InitBytes += value.Length;
        else CountData(value.Length);

        if (!_profile.Collects)
        {
            if (_buffersFree == 0)
            {
                _counters.PacketsWithoutBuffer++;
                _overran = true;
                return;
            }

            _buffersFree--;
        }

        if (Receive(new Request(true, value))) return;
        _overran = true;
        FreeBuffer();
    }

    /// <summary>The link is gone; what RAM knows is replaced by what the flash knows, or not.</summary>
    public void OnDisconnected()
    {
        ForgetOverrun();
        if (!_profile.ReloadsOnDisconnect) return;
        Restore(Settings.Read(_memory.Main, _memory.Backup, _profile.SettingsBackup) ?? new Settings());
    }

    public void StartInactivityTimer(TimeSpan? timeout)
    {
        _inactivity?.Cancel();
        InactivityTimeout = timeout;
        _inactivity = timeout is { } after ? _events.After(after, FireInactivity) : null;
    }

    /// <summary>The inactivity timer fires, whether it was due or not.</summary>
    public void FireInactivity()
    {
        _counters.Timeouts++;
        _port.Reset();
    }

    /// <summary>Nothing this instance has still planned will happen.</summary>
    public void Stop()
    {
        _inactivity?.Cancel();
        _ending?.Cancel();
        _flash.Idle = null;
        _stopped = true;
    }

    private void RestartInactivity() => StartInactivityTimer(_profile.Inactivity);

    private bool Receive(Request request)
    {
        if (_requests.Count >= _profile.RequestQueue) return false;
        _requests.Enqueue(request);
        Drain();
        return true;
    }

    private void Drain()
    {
        if (_draining) return;
        _draining = true;
        while (!_mainLoopBusy && !_stopped && _requests.TryDequeue(out var request))
        {
            if (request.IsPacket) HandlePacket(request.Value);
            else HandleControl(request.Value);
        }

        _draining = false;
        RunWaitingExecutes();
    }

    private void HandleControl(byte[] value)
    {
        if (value.Length == 0) return;
        var type = (ObjectType)At(value, 1);
        switch (value[0])
        {
            case OpCode.Create:
                _prnLeft = _prn;
                if (!Turn(type)) Answer(OpCode.Create, _profile.UnknownType);
                else if (_current == ObjectType.Command) CreateCommand(U32(value, 2));
                else CreateData(U32(value, 2));
                break;
            case OpCode.SetPrn:
                _prn = At(value, 1) | (At(value, 2) << 8);
                _prnLeft = _prn;
                Answer(OpCode.SetPrn, Success);
                break;
            case OpCode.GetCrc:
                if (_current == default) Answer(OpCode.GetCrc, _profile.UnknownType);
                else AnswerCrc(CurrentOffset, CurrentCrc);
                break;
            case OpCode.Execute:
                Execute();
                break;
            case OpCode.Select:
                if (Turn(type)) Select();
                else Answer(OpCode.Select, _profile.UnknownType);
                break;
            default:
                HandleOther(value[0], At(value, 1));
                break;
        }
    }

    private void HandleOther(byte operation, byte argument)
    {
        switch (operation)
        {
            case OpCode.Abort when _profile.Abort != AbortKind.Unknown:
                if (_profile.Abort == AbortKind.Reset) _port.Reset();
                else DisconnectAndReset();
                break;
            case OpCode.Write when !_profile.Collects:
                break;
            case OpCode.Ping when _profile.Pings:
                Answer(OpCode.Ping, Success, argument);
                break;
            case OpCode.ProtocolVersion when _profile.Pings:
                Answer(OpCode.ProtocolVersion, Success, 1);
                break;
            default:
                Answer(operation, _profile.UnknownOperation);
                break;
        }
    }

    private void HandlePacket(byte[] value)
    {
        if (_current == ObjectType.Command) WriteCommand(value);
        else if (_current == ObjectType.Data && _profile.Collects) CollectData(value);
        else if (_current == ObjectType.Data) WriteData(value);
        else Receipt(_profile.UnknownType, 0, 0);
    }

    /// <summary>What requests are about from now on; an unknown type leaves nothing, before SDK 15 what was.</summary>
    private bool Turn(ObjectType type)
    {
        var known = type is ObjectType.Command or ObjectType.Data;
        if (known || !_profile.Collects) _current = known ? type : default;
        return known;
    }

    private void Select()
    {
        Span<byte> body = stackalloc byte[12];
        BinaryPrimitives.WriteInt32LittleEndian(body, _current == ObjectType.Command ? _profile.InitMax : ChipModel.PageSize);
        BinaryPrimitives.WriteInt32LittleEndian(body[4..], CurrentOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(body[8..], CurrentCrc);
        Answer(OpCode.Select, Success, body);
    }

    /// <summary>Whether packets go to the init packet.</summary>
    public bool CommandSelected => _current == ObjectType.Command;

    private int CurrentOffset => _current == ObjectType.Command ? _progress.CommandOffset : _progress.Offset;

    private uint CurrentCrc => _current == ObjectType.Command ? _progress.CommandCrc : _progress.Crc;

    /// <summary>Counts a packet and sends the packet receipt notification when its turn has come.</summary>
    private void Receipt(byte result, int offset, uint crc)
    {
        if (_prn == 0 || --_prnLeft > 0) return;
        _prnLeft = _prn;
        if (_profile.Collects) AnswerCrc(CurrentOffset, CurrentCrc);
        else if (result != Success) Answer(OpCode.GetCrc, result);
        else AnswerCrc(offset, crc);
    }

    private void AnswerCrc(int offset, uint crc)
    {
        Span<byte> body = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(body, offset);
        BinaryPrimitives.WriteUInt32LittleEndian(body[4..], crc);
        Answer(OpCode.GetCrc, Success, body);
    }

    private void Answer(byte operation, Verdict verdict)
    {
        if (verdict.Result != ResultCode.ExtendedError) Answer(operation, (byte)verdict.Result);
        else if (_profile.ExtendedErrors) Answer(operation, (byte)ResultCode.ExtendedError, (byte)verdict.Extended);
        else Answer(operation, (byte)ResultCode.InvalidObject);
    }

    private void Answer(byte operation, byte result, params ReadOnlySpan<byte> body) => _port.Notify([OpCode.Response, operation, result, .. body]);

    private void FreeBuffer()
    {
        if (!_profile.Collects) _buffersFree++;
    }

    private const byte Success = (byte)ResultCode.Success;

    private static byte At(byte[] value, int index) => index < value.Length ? value[index] : (byte)0;

    private static uint U32(byte[] value, int index)
    {
        Span<byte> bytes = stackalloc byte[4];
        for (var i = 0; i < 4; i++) bytes[i] = At(value, index + i);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    private readonly record struct Request(bool IsPacket, byte[] Value);
}
