using System.IO.Hashing;
using System.Security.Cryptography;
using Dfu.Adapters.Simulated.Air;
using Dfu.Protocol.Requests;

namespace Dfu.Adapters.Simulated.Bootloader;

/// <summary>After the last EXECUTE: the hash over what is in the flash, the verdict, the settings, and the way out.</summary>
internal sealed partial class BootloaderCore
{
    private static readonly TimeSpan ResetDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Sdk12Delay = TimeSpan.FromMilliseconds(120);
    private static readonly TimeSpan Sdk14Delay = TimeSpan.FromMilliseconds(50);

    private EventQueue.Scheduled? _ending;
    private EndingStep _step;
    private bool _stopped;

    private enum EndingStep
    {
        None,
        Saving,
        Delivering,
        Delivered,
        Leaving,
    }

    /// <summary>About to reset: nothing is advertised any more.</summary>
    public bool Leaves => _step == EndingStep.Leaving;

    /// <summary>It has answered the last EXECUTE, and goes on by itself.</summary>
    public bool Ends => _step != EndingStep.None;

    /// <summary>A notification has reached the host; the bootloaders of SDK 13 and 14 leave only after that (docs/bootloader.md T7).</summary>
    public void OnNotificationDelivered()
    {
        if (_step != EndingStep.Delivering || _stopped) return;
        _step = EndingStep.Delivered;
        if (!_flash.Busy) ContinueEnding();
    }

    private void FinishImage()
    {
        var image = _memory.Read(_start, _imageSize);
        var (verdict, keepsApplication) = Postvalidate(image);
        var bank = verdict.IsGood ? new Bank(_imageSize, Crc32.HashToUInt32(image), _decoded!.Bank) : default;
        _initValid = false;
        _progress = new Progress { Crc = _profile.StaleCrc && _placed ? (uint)(_options.Chip.ApplicationStart + _start) : 0 };
        _settings = _settings with
        {
            Bank0 = keepsApplication ? _settings.Bank0 : default,
            Bank1 = bank,
            Bank1Start = _start,
            PendingVersion = verdict.IsGood ? _decoded!.Command.FwVersion : 0,
            PendingSoftDevice = verdict.IsGood ? (int)_decoded!.Command.SdSize : 0,
        };
        Answer(OpCode.Execute, verdict);

        _step = _profile.End is EndKind.ResetOnDelivery or EndKind.DisconnectOnDelivery ? EndingStep.Delivering : EndingStep.Saving;
        _ = TrySave();
        if (!_flash.Busy) ContinueEnding();
    }

    private (Verdict Verdict, bool KeepsApplication) Postvalidate(byte[] image)
    {
        if (!_initValid || _decoded is not { } init || !SHA256.HashData(image).AsSpan().SequenceEqual(Reversed(init)))
            return (Verdict.Bad(ExtendedError.VerificationFailed), true);
        if (init.Bank is not (BankCode.SoftDevice or BankCode.SoftDeviceBootloader)) return (Verdict.Good, true);
        var softDevice = SoftDeviceIdentity.Judge(_profile, image, (int)init.Command.SdSize, init.BootloaderSize > 0, _memory.SoftDevice);
        return softDevice == SoftDeviceVerdict.Refused
            ? (new Verdict(ResultCode.InvalidObject), true)
            : (Verdict.Good, softDevice != SoftDeviceVerdict.TakenWithoutApplication);
    }

    /// <summary>The flash is idle: the settings are written.</summary>
    private void ContinueEnding()
    {
        if (_step is not (EndingStep.Saving or EndingStep.Delivered)) return;
        _step = EndingStep.Leaving;
        if (_profile.End == EndKind.ResetWithoutDisconnect) _ending = _events.After(Sdk12Delay, _port.Reset);
        else if (_profile.End == EndKind.ResetOnDelivery) _port.Reset();
        else if (_profile.End == EndKind.DisconnectOnDelivery) _ending = _events.After(Sdk14Delay, DisconnectAndReset);
        else DisconnectAndReset();
    }

    private void DisconnectAndReset()
    {
        _step = EndingStep.Leaving;
        _port.Disconnect();
        _ending = _events.After(ResetDelay, _port.Reset);
    }

    /// <summary>The init packet stores the hash last byte first.</summary>
    private static byte[] Reversed(DecodedInit init)
    {
        var hash = init.Command.Hash.Hash_.ToByteArray();
        Array.Reverse(hash);
        return hash;
    }
}
