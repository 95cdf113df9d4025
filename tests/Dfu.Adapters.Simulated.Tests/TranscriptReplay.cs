using System.Globalization;
using System.Text.RegularExpressions;
using Dfu.Adapters.Simulated.Bootloader;
using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.Simulated.Tests;

/// <summary>Plays the host of a transcript against a virtual device and compares everything the device said then with what ours says now.</summary>
internal sealed partial class TranscriptReplay : IDisposable
{
    private static readonly BluetoothAddress Application = BluetoothAddress.Parse("C0:98:76:54:32:10");

    private readonly VirtualTime _time = new();
    private readonly PayloadFinder _payloads = new();
    private readonly string[] _lines;
    private readonly SimulatedAir _air;
    private readonly VirtualDevice _device;
    private readonly int _applicationSize;
    private readonly bool _timed;
    private IAdapter? _adapter;
    private SimulatedLink? _link;
    private int _at;

    private TranscriptReplay(string[] lines)
    {
        _lines = lines;
        var switches = Switches().Matches(lines[1]).ToDictionary(
            match => match.Groups[1].Value, match => int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
        int Switch(string name, int otherwise) => switches.GetValueOrDefault(name, otherwise);
        _timed = switches.ContainsKey("flash-word-us");
        _applicationSize = Switch("app-size", 0);
        _air = new SimulatedAir(_time, LinkModel.Perfect with { Interval = TimeSpan.FromMilliseconds(7.5), PacketsPerEvent = 4 }, 1);
        _device = _air.Add(new VirtualDeviceOptions
        {
            ApplicationAddress = Application,
            Profile = Switch("save-progress", 0) == 1 ? BootloaderProfile.Sdk17Saving : BootloaderProfile.Sdk17,
            Chip = _timed ? ChipModel.Nrf52840 : ChipModel.Instant,
            HwVersion = 52,
            SoftDeviceId = 0x100,
            PublicKey = TestData.PublicKey,
            RequireSigned = Switch("require-signed", 1) == 1,
            ApplicationVersion = (uint)Switch("fw-version", 1),
            BootloaderVersion = (uint)Switch("bl-version", 1),
            AcceptSameVersion = Switch("accept-same-version", 1) == 1,
            DowngradePrevention = Switch("downgrade-prevention", 1) == 1,
            ApplicationSize = _applicationSize,
        });
    }

    public static void Run(string name)
    {
        using var replay = new TranscriptReplay(TestData.Transcript(name));
        replay._time.Run(replay.PlayAsync);
    }

    public void Dispose() => _air.Dispose();

    private string Line => $"line {_at + 1}: {_lines[_at]}";

    private DfuCharacteristic Control => _device.InApplication ? DfuCharacteristic.Buttonless : DfuCharacteristic.ControlPoint;

    private async Task PlayAsync()
    {
        _adapter = await _air.CreateAdapter("sim", new AdapterModel()).OpenAsync(default);
        for (_at = 3; _at < _lines.Length; _at++)
        {
            var line = _lines[_at];
            if (line.StartsWith("> ", StringComparison.Ordinal)) await DoAsync(line[2..]);
            else if (line.StartsWith("< ", StringComparison.Ordinal)) await ExpectAsync(line[2..]);
            else if (line.StartsWith("  . ", StringComparison.Ordinal)) CompareState(line[4..]);
            else if (Waits().Match(line) is { Success: true } wait) await Delay(int.Parse(wait.Groups[1].Value, CultureInfo.InvariantCulture));
        }

        await SilenceAsync();
    }

    private async Task DoAsync(string line)
    {
        if (!_timed) await SilenceAsync();
        switch (line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            case ["CONNECT", var mtu]:
                var address = _device.Advertises!.Value.Address;
                var options = new LinkOptions { PreferredMtu = int.Parse(mtu[4..], CultureInfo.InvariantCulture) };
                _link = (SimulatedLink)await _adapter!.ConnectAsync(address, AddressType.Random, options, default);
                break;
            case ["CCCD", "1"]:
                await _link!.SubscribeAsync(Control, default);
                break;
            case ["CCCD", "0"]:
                await _link!.UnsubscribeAsync(Control, default);
                break;
            case ["DISCONNECT"]:
                await _link!.DisposeAsync();
                break;
            case ["RESET", ..]:
                _device.PowerCycle(holdsBootloader: line.Contains("hold-dfu=1", StringComparison.Ordinal));
                break;
            case ["ENTER_DFU", ..]:
                _device.EnterBootloader();
                break;
            case ["INACTIVITY"]:
                _device.FireInactivity();
                break;
            case ["STALL", var on]:
                _device.StallFlash(on == "1");
                break;
            case ["BUSY", var on]:
                _device.BusyMainLoop(on == "1");
                break;
            case ["CTRL", ..]:
                await ControlAsync(Hex(line[4..].Trim()));
                break;
            case ["PACKET", var times, var bytes, ..]:
                await PacketsAsync(int.Parse(times[1..], CultureInfo.InvariantCulture), int.Parse(bytes[1..], CultureInfo.InvariantCulture));
                break;
            default:
                Assert.Fail($"unknown request, {Line}");
                break;
        }
    }

    private async Task ExpectAsync(string line)
    {
        switch (line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            case ["BOOTED", var mode, var boot, var address, var name]:
                for (var i = 0; i < 1000 && (_device.Advertises is null || $"boot={_device.Boots}" != boot); i++) await Delay(10);
                var (heardAddress, heardName) = _device.Advertises!.Value;
                Equal($"{mode} {boot} {address} {name}", $"mode={Mode} boot={_device.Boots} addr={heardAddress} name={heardName}");
                break;
            case ["CONNECTED", var mtu, var mode]:
                Equal($"{mtu} {mode}", $"mtu={_link!.Mtu} mode={Mode}");
                break;
            case ["NOTIFY", ..]:
                await NotificationAsync(Hex(line[6..].Trim()));
                break;
            case ["DISCONNECTED", var reason]:
                var closure = await _link!.Closed.WaitAsync(TimeSpan.FromSeconds(60), _time);
                Equal(reason, $"{closure.Reason:x2}");
                break;
            case ["RESETTING", _] or ["ATT_ERR", _] or ["ERROR", ..]:
                break;
            default:
                Assert.Fail($"unknown answer, {Line}");
                break;
        }
    }

    private string Mode => _device.InApplication ? "app" : "dfu";

    private async Task ControlAsync(byte[] value)
    {
        _payloads.OnControl(value);
        if (_at + 1 < _lines.Length && _lines[_at + 1].StartsWith("< ATT_ERR", StringComparison.Ordinal))
        {
            var error = await Assert.ThrowsAsync<DfuException>(() => _link!.WriteAsync(Control, value, default));
            Equal(_lines[_at + 1][^4..], $"0x{error.AttStatus:x2}");
            return;
        }

        // The last request of a bootloader may be answered by its reset.
        try
        {
            await _link!.WriteAsync(Control, value, default);
        }
        catch (DfuException lost) when (lost.Error == DfuError.LinkLost && value is [0x0c])
        {
        }
    }

    private async Task PacketsAsync(int times, int bytes)
    {
        // Where flash takes its time, the scenario waits until the page is erased.
        if (_timed) await Delay(300);
        var ahead = _lines.Skip(_at + 1).ToList();
        var progress = _device.Core!.RamProgress;
        var command = _device.Core.CommandSelected;
        var payload = command
            ? _payloads.Command(progress.CommandOffset, bytes, ahead)
            : _payloads.Data(progress.Offset, bytes, progress.Crc, ahead);
        var piece = (bytes + times - 1) / times > 20 ? _link!.Mtu - 3 : 20;
        if (times == 1) piece = bytes;
        foreach (var packet in payload.Chunk(piece))
        {
            if (packet.Length > _link!.Mtu - 3)
            {
                var error = await Assert.ThrowsAsync<DfuException>(async () => await _link.WriteCommandAsync(DfuCharacteristic.Packet, packet, default));
                Assert.Equal(DfuError.InvalidArgument, error.Error);
                Assert.StartsWith("< ERROR", _lines[_at + 1], StringComparison.Ordinal);
                continue;
            }

            await _link.WriteCommandAsync(DfuCharacteristic.Packet, packet, default);
            times--;
        }

        if (bytes <= _link!.Mtu - 3 || times != 1) Assert.Equal(0, times);
        if (!_timed) await Delay(payload.Length / piece * 3 + 20);
    }

    private async Task NotificationAsync(byte[] expected)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60), _time);
        var notification = await _link!.Notifications.ReadAsync(timeout.Token);
        Equal(Convert.ToHexString(expected), Convert.ToHexString(notification.Value.Span));
    }

    private async Task SilenceAsync()
    {
        await Delay(20);
        if (_link is not null && _link.Notifications.TryRead(out var notification))
        {
            Assert.Fail($"unexpected notification {Convert.ToHexString(notification.Value.Span)} before {(_at < _lines.Length ? Line : "the end")}");
        }
    }

    private void CompareState(string line)
    {
        if (line.StartsWith("progress ", StringComparison.Ordinal))
        {
            var progress = line.Contains(" RAM ", StringComparison.Ordinal) ? _device.Core!.RamProgress : _device.Memory.Main!.Progress;
            foreach (Match match in Facts().Matches(line)) Equal(match.Groups[2].Value, Fact(match.Groups[1].Value, progress));
            return;
        }

        var settings = _device.FlashSettings;
        var actual = new Dictionary<string, string>
        {
            ["mode"] = Mode,
            ["app_valid"] = settings.Bank0.Code == BankCode.Application ? "True" : "False",
            ["bank0(size"] = $"{settings.Bank0.Size}",
            ["code"] = $"{(int)settings.Bank0.Code})",
            ["app_version"] = $"{settings.ApplicationVersion}",
            ["bl_version"] = $"{settings.BootloaderVersion}",
            ["sd_fwid"] = $"0x{_device.Memory.SoftDevice?.Id:x}",
            ["boots"] = $"{_device.Boots}",
            ["dropped_no_buffer"] = $"{_device.Counters.PacketsWithoutBuffer}",
            ["queue_refused"] = $"{_device.Counters.PacketsRefused}",
            ["refused_by_fstorage_queue"] = $"{_device.Counters.PacketsRefused}",
            ["flash_write_errors"] = $"{_device.Counters.UnalignedWrites}",
        };
        // The application the device came with is not ours to know.
        if (settings.Bank0.Size != _applicationSize || _applicationSize == 0) actual["crc"] = $"{settings.Bank0.Crc:x8}";
        if (_device.Core?.InactivityTimeout is { } timeout) actual["inactivity_ms"] = $"{timeout.TotalMilliseconds}";
        foreach (var word in line.Split(' ').Select(word => word.Split('=')).Where(word => word.Length == 2))
        {
            if (actual.TryGetValue(word[0], out var value)) Equal($"{word[0]}={word[1]}", $"{word[0]}={value}");
        }
    }

    private static string Fact(string name, Progress progress) => name switch
    {
        "offset" => $"{progress.Offset}",
        "offset_last" => $"{progress.OffsetLast}",
        "crc" => $"{progress.Crc:x8}",
        "crc_last" => $"{progress.CrcLast:x8}",
        "data_object_size" => $"{progress.ObjectSize}",
        "write_offset" => $"{progress.Offset}",
        _ => $"{progress.CommandOffset}",
    };

    private void Equal(string expected, string actual)
    {
        if (expected != actual) Assert.Fail($"expected {expected}, got {actual}, {Line}");
    }

    private async Task Delay(double milliseconds) => await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), _time);

    private static byte[] Hex(string text) => Convert.FromHexString(text.Split("   ")[0].Replace(" ", "", StringComparison.Ordinal));

    [GeneratedRegex(@"--([a-z-]+) (\d+)")]
    private static partial Regex Switches();

    [GeneratedRegex(@"^# (?:disconnect|power_cycle) (\d+) ms after")]
    private static partial Regex Waits();

    [GeneratedRegex(@"'(\w+)': '?([0-9a-f]+)'?")]
    private static partial Regex Facts();
}
