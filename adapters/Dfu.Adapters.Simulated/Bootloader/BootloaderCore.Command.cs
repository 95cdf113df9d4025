using Dfu.Protocol.Requests;

namespace Dfu.Adapters.Simulated.Bootloader;

/// <summary>The command object: receiving, judging and storing the init packet, and the settings pages.</summary>
internal sealed partial class BootloaderCore
{
    /// <summary>What is written of the settings: 224 words.</summary>
    private const int SettingsBytes = 896;

    private readonly byte[] _init = new byte[512];
    private Settings _settings;
    private Settings _mainBuffer;
    private Settings _backupBuffer;
    private Progress _progress;
    private DecodedInit? _decoded;
    private bool _initValid;

    /// <summary>The init packet that firmware had been received for when the host created another command object.</summary>
    private byte[]? _leftInit;
    private int _start;
    private int _imageSize;

    /// <summary>An init packet has said since the boot where the image goes; before that Nordic's code has the address 0 for it.</summary>
    private bool _placed;

    /// <summary>Bytes of an image that it has; all of them from the moment it has accepted them.</summary>
    public int Held => Ends ? _imageSize : _progress.Offset;

    /// <summary>What RAM knows.</summary>
    public Progress RamProgress => _progress;

    private Settings Snapshot() => _settings with { Progress = _progress, InitCommand = _init[.._progress.CommandOffset] };

    private void Restore(Settings settings)
    {
        _settings = settings;
        _progress = settings.Progress;
        _init.AsSpan().Fill(0xff);
        settings.InitCommand.CopyTo(_init, 0);
    }

    /// <summary>At boot a stored init packet is decoded, not judged again.</summary>
    private void RestoreInitPacket()
    {
        if (_progress.CommandSize == 0 || _progress.CommandOffset != _progress.CommandSize) return;
        if (_settings.Bank1.Size == 0 || DecodeStored() is not { } init) return;
        _decoded = init;
        _initValid = true;
        (_placed, _start, _imageSize) = (true, _settings.Bank1Start, _settings.Bank1.Size);
    }

    private DecodedInit? DecodeStored() => DecodedInit.Decode(_init[.._progress.CommandOffset]);

    private void CreateCommand(uint size)
    {
        _counters.CreateCommands++;
        if (size == 0)
        {
            Answer(OpCode.Create, (byte)ResultCode.InvalidParameter);
            return;
        }

        if (size > _profile.InitMax)
        {
            Answer(OpCode.Create, (byte)ResultCode.InsufficientResources);
            return;
        }

        if (_initValid && _progress.Offset > 0)
        {
            _leftInit = _init[.._progress.CommandOffset];
            _port.Replaced(_leftInit, _progress.Offset, _progress.Crc);
        }

        _initValid = false;
        _progress = new Progress { CommandSize = (int)size };
        _init.AsSpan().Fill(0xff);
        _collected.Clear();
        RestartInactivity();
        Answer(OpCode.Create, Success);
    }

    private void WriteCommand(byte[] value)
    {
        FreeBuffer();
        var end = _progress.CommandOffset + value.Length;
        if (end > _progress.CommandSize)
        {
            Receipt((byte)ResultCode.InvalidParameter, 0, 0);
            return;
        }

        value.CopyTo(_init, _progress.CommandOffset);
        _progress.CommandOffset = end;
        _progress.CommandCrc = StoredCrc.Continue(_progress.CommandCrc, value);
        Receipt(Success, _progress.CommandOffset, _progress.CommandCrc);
    }

    private void ExecuteCommand()
    {
        _counters.ExecuteCommands++;
        if (_progress.CommandOffset != _progress.CommandSize)
        {
            Answer(OpCode.Execute, (byte)ResultCode.OperationNotPermitted);
            return;
        }

        if (_leftInit is { } left && _init.AsSpan(0, _progress.CommandOffset).SequenceEqual(left)) _counters.InitsAgain++;
        _leftInit = null;
        if (_initValid)
        {
            if (_profile.SavesOnReExecute && !TrySave()) Answer(OpCode.Execute, (byte)ResultCode.OperationFailed);
            else Answer(OpCode.Execute, Success);
            return;
        }

        Occupy(_options.SignatureCheckTime, JudgeCommand);
    }

    private void JudgeCommand()
    {
        var verdict = new Verdict(ResultCode.InvalidObject);
        var init = DecodeStored();
        if (init is not null)
        {
            if (!_profile.Collects) (_placed, _start, _imageSize) = (false, 0, 0);
            verdict = InitPacketJudge.Judge(init, _options, _settings, _memory.SoftDevice?.Id);
            if (verdict.IsGood) verdict = MakeRoom(init);
        }

        if (verdict.IsGood)
        {
            if (_profile.Collects) RestartInactivity();
            if (!TrySave() && !_profile.Collects) verdict = new Verdict(ResultCode.OperationFailed);
        }
        else if (_profile.ForgetsRefusedInit && init is not null)
        {
            _progress = default;
        }

        Answer(OpCode.Execute, verdict);
    }

    /// <summary>Decides where the image goes: behind the application if it fits there, else over it.</summary>
    private Verdict MakeRoom(DecodedInit init)
    {
        _decoded = init;
        if (_profile.AcceptsBeforeRoomCheck) (_initValid, _start, _imageSize) = (true, 0, (int)Math.Min(init.ImageSize, int.MaxValue));
        var room = _options.Chip.ApplicationRoom;
        if (init.ImageSize == 0)
            return _profile.Collects ? new Verdict(ResultCode.InvalidParameter) : Verdict.Bad(ExtendedError.InitCommandInvalid);
        if (init.ImageSize > room || init.BootloaderSize > ChipModel.BootloaderRoom) return new Verdict(ResultCode.InsufficientResources);
        var size = (int)init.ImageSize;
        var bank1 = ChipModel.Pages(_settings.Bank0.Size) * ChipModel.PageSize;
        var single = bank1 + size > room || (_options.SingleBank && init.Bank == BankCode.Application);
        (_placed, _start, _imageSize) = (true, single ? 0 : bank1, size);
        _initValid = true;
        _settings = _settings with
        {
            Bank0 = single ? default : _settings.Bank0,
            Bank1 = new Bank(size, 0, BankCode.Invalid),
            Bank1Start = _start,
        };
        return Verdict.Good;
    }

    private void EraseMain()
    {
        _memory.Main = null;
        _counters.SettingsErases++;
    }

    /// <summary>
    /// Queues the settings for writing, and the backup behind them; a page that already holds them is left alone. False when the
    /// queue is full.
    /// </summary>
    /// <remarks>The buffer is one per page: what is queued writes what the latest save put there.</remarks>
    private bool TrySave()
    {
        var now = Snapshot();
        if (!now.Same(_memory.Main))
        {
            if (!_flash.TryErase(1, EraseMain, EraseMain)) return false;
            _mainBuffer = now;
            if (!_flash.TryStore(SettingsBytes, () => _memory.Main = _mainBuffer, null, () => _memory.Main = null)) return false;
        }

        if (!_profile.SettingsBackup || now.Same(_memory.Backup)) return true;
        if (!_flash.TryErase(1, () => _memory.Backup = null, () => _memory.Backup = null)) return false;
        _backupBuffer = now;
        return _flash.TryStore(SettingsBytes, () => _memory.Backup = _backupBuffer, null, () => _memory.Backup = null);
    }
}
