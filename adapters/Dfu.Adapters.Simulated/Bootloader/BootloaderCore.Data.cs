using Dfu.Protocol.Requests;

namespace Dfu.Adapters.Simulated.Bootloader;

/// <summary>The data object: where it may begin, how its packets reach the flash, what EXECUTE does.</summary>
internal sealed partial class BootloaderCore
{
    private readonly List<byte> _collected = [];
    private int _executesWaiting;
    private int _objectBytes;
    private bool _overran;

    private void Execute()
    {
        if (_current == ObjectType.Command)
        {
            ExecuteCommand();
        }
        else if (_current == ObjectType.Data)
        {
            _counters.Executes++;
            ExecuteData();
        }
        else
        {
            Answer(OpCode.Execute, _profile.UnknownType);
        }
    }

    private void OnFlashIdle()
    {
        if (_stopped) return;
        RunWaitingExecutes();
        if (!_flash.Busy) ContinueEnding();
    }

    private void RunWaitingExecutes()
    {
        for (; _executesWaiting > 0 && !_mainLoopBusy && !_flash.Busy; _executesWaiting--) CompleteExecute();
    }

    private void CreateData(uint size)
    {
        _counters.Creates++;
        var refusal = CheckObject(size);
        if (refusal is null && _profile is { Collects: true } && _flash.FailureLatched) refusal = ResultCode.InvalidObject;
        if (refusal is { } code)
        {
            Answer(OpCode.Create, (byte)code);
            return;
        }

        if (_profile.Collects) _settings = _settings with { Bank0 = _start == 0 ? default : _settings.Bank0 };
        _collected.Clear();
        if (_overran) _counters.OverrunBytes += _objectBytes;
        ForgetOverrun();
        _progress.ObjectSize = (int)size;
        _progress.Offset = _progress.OffsetLast;
        _progress.Crc = _progress.CrcLast;
        var address = _start + _progress.Offset;
        var pages = ChipModel.Pages((int)size);
        if (!_flash.TryErase(pages, () => ErasePages(address, pages)))
        {
            Answer(OpCode.Create, (byte)ResultCode.InvalidObject);
            return;
        }

        if (_profile.CreateDataRestartsTimer) RestartInactivity();
        Answer(OpCode.Create, Success);
    }

    private void ErasePages(int address, int pages)
    {
        _memory.Erase(address, pages);
        _counters.PageErases += pages;
    }

    private ResultCode? CheckObject(uint size)
    {
        if (!_initValid && !_profile.Collects) return ResultCode.OperationNotPermitted;
        var rest = _imageSize - _progress.OffsetLast;
        if (size == 0) return ResultCode.InvalidParameter;
        if (size % ChipModel.PageSize != 0 && size != rest) return ResultCode.InvalidParameter;
        if (size > ChipModel.PageSize) return ResultCode.InsufficientResources;
        return !_initValid || size > rest ? ResultCode.OperationNotPermitted : null;
    }

    private void CountData(int bytes)
    {
        _counters.FirmwareBytes += bytes;
        _objectBytes += bytes;
    }

    private void ForgetOverrun() => (_objectBytes, _overran) = (0, false);

    /// <summary>SDK 15 and later: every packet is a flash operation of its own, from a buffer that is free again when it is written.</summary>
    private void WriteData(byte[] value)
    {
        if (!_initValid || value.Length + _progress.Offset - _progress.OffsetLast > _progress.ObjectSize)
        {
            if (!_profile.LeaksBuffers) FreeBuffer();
            Receipt((byte)(_initValid ? ResultCode.InvalidParameter : ResultCode.OperationNotPermitted), 0, 0);
            return;
        }

        var address = _start + _progress.Offset;
        if (!_flash.TryStore(value.Length, () => Store(address, value), FreeBuffer))
        {
            FreeBuffer();
            _counters.PacketsRefused++;
            _overran = true;
            Receipt(Success, 0, 0);
            return;
        }

        _progress.Offset += value.Length;
        _progress.Crc = StoredCrc.Continue(_progress.Crc, value);
        Receipt(Success, _progress.Offset, _progress.Crc);
    }

    /// <summary>Whole words to aligned addresses; the rest is lost although the offset counts it (docs/bootloader.md T8).</summary>
    private void Store(int address, byte[] value)
    {
        if (address % 4 != 0 || value.Length % 4 != 0) _counters.UnalignedWrites++;
        if (address % 4 == 0) _memory.Write(address, value.AsSpan(0, value.Length & ~3));
    }

    /// <summary>SDK 12 to 14: packets are collected, whole buffers are written; a write that finds no room throws the object away without a word.</summary>
    private void CollectData(byte[] value)
    {
        if (!_initValid || value.Length + _progress.Offset - _progress.OffsetLast > _progress.ObjectSize)
        {
            Receipt(Success, 0, 0);
            return;
        }

        _collected.AddRange(value);
        _progress.Offset += value.Length;
        _progress.Crc = StoredCrc.Continue(_progress.Crc, value);
        var whole = _progress.Offset - _progress.OffsetLast == _progress.ObjectSize;
        while (_collected.Count >= _profile.CollectBytes || (whole && _collected.Count > 0))
        {
            var chunk = _collected.Take(_profile.CollectBytes).ToArray();
            var address = _start + _progress.Offset - _collected.Count;
            if (!_flash.TryStore(chunk.Length, () => _memory.Write(address, chunk)))
            {
                _counters.PacketsRefused++;
                _overran = true;
                _collected.Clear();
                _progress.Offset = _progress.OffsetLast;
                _progress.Crc = _progress.CrcLast;
                break;
            }

            _collected.RemoveRange(0, chunk.Length);
        }

        Receipt(Success, 0, 0);
    }

    /// <summary>
    /// An object of the wrong size is refused, and a right one counted, at once; what follows from it waits for the flash
    /// (nrf_dfu_req_handler.c, on_data_obj_execute_request and on_data_obj_execute_request_sched).
    /// </summary>
    private void ExecuteData()
    {
        if (_progress.ObjectSize != _progress.Offset - _progress.OffsetLast)
        {
            Answer(OpCode.Execute, (byte)ResultCode.OperationNotPermitted);
            return;
        }

        ForgetOverrun();
        _progress.OffsetLast = _progress.Offset;
        _progress.CrcLast = _progress.Crc;
        _progress.ObjectSize = 0;
        RestartInactivity();
        var last = _progress.Offset == _imageSize;
        if (_flash.Busy && (_profile.EveryExecuteWaits || (last && _profile.LastExecuteWaits))) _executesWaiting++;
        else CompleteExecute();
    }

    private void CompleteExecute()
    {
        if (_progress.Offset == _imageSize)
        {
            Occupy(_options.HashTimePerKiB * (_imageSize / 1024.0), FinishImage);
            return;
        }

        var saved = (!_profile.AlwaysSaves && !_profile.SaveProgress) || TrySave();
        Answer(OpCode.Execute, saved || _profile.LastExecuteWaits ? Success : (byte)ResultCode.OperationFailed);
    }

    /// <summary>The main loop does nothing else for this long.</summary>
    private void Occupy(TimeSpan time, Action then)
    {
        if (time <= TimeSpan.Zero)
        {
            then();
            return;
        }

        _mainLoopBusy = true;
        _events.After(time, () =>
        {
            if (_stopped) return;
            then();
            MainLoopBusy = false;
        });
    }
}
