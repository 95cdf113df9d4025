using System.IO.Hashing;
using System.Security.Cryptography;
using Dfu.Adapters.Simulated.Air;
using Dfu.Adapters.Simulated.Bootloader;
using Dfu.Adapters.Simulated.Devices;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.Simulated;

/// <summary>What a device runs.</summary>
public enum DeviceMode
{
    Off = 0,

    /// <summary>Reset, activation included: nothing is on the air.</summary>
    Booting,
    Bootloader,
    Application,
}

/// <summary>One device: its flash, its bootloader and application, and the faults a test gives it. Safe to call from any thread.</summary>
public sealed partial class VirtualDevice : IBootloaderPort
{
    private const string BootloaderName = "DfuTarg";
    private const string ApplicationName = "App";

    private readonly SimulatedAir _air;
    private readonly EventQueue _events;
    private readonly FlashMemory _memory;
    private readonly FlashController _flash;
    private BootloaderCore? _core;
    private SimulatedLink? _link;
    private EventQueue.Scheduled? _boot;
    private bool _entersBootloader;
    private string? _name;

    internal VirtualDevice(SimulatedAir air, VirtualDeviceOptions options, int index, DeviceSnapshot? restored)
    {
        (_air, _events, Options, Index) = (air, air.Events, options, index);
        ApplicationAddress = options.ApplicationAddress;
        _memory = restored?.Memory ?? Factory();
        Counters = restored?.Counters ?? new DeviceCounters();
        Activated = restored?.Activated;
        _bonds = restored?.Bonds is { } bonds ? new BondKeys(bonds) : new BondKeys(options);
        _flash = new FlashController(_events, options.Chip, options.Profile.FlashQueue);
        DroppedByBytes = air.Link.DropAfterBytes is { } limit && Counters.PacketBytes >= limit;
        var mode = restored?.Mode ?? (options.StartsInApplication ? DeviceMode.Application : DeviceMode.Bootloader);
        Boots = 1;
        if (mode == DeviceMode.Application && HasApplication) StartApplication();
        else if (PendingActivation || mode is DeviceMode.Booting or DeviceMode.Off) Decide(stays: false);
        else StartBootloader(options.Profile.Inactivity);
    }

    public VirtualDeviceOptions Options { get; }

    public BluetoothAddress ApplicationAddress { get; }

    /// <summary>What the bootloader advertises: the application's address plus one, or the same when it bonds.</summary>
    public BluetoothAddress BootloaderAddress => Options.Bonded ? ApplicationAddress : ApplicationAddress.Bootloader;

    public DeviceCounters Counters { get; }

    public DeviceMode Mode { get; private set; }

    public bool InApplication => Mode == DeviceMode.Application;

    /// <summary>The image activated last, as it was read from the virtual flash. Null before the first.</summary>
    public ReadOnlyMemory<byte>? ActivatedImage => Activated is { Length: > 0 } image ? image : default(ReadOnlyMemory<byte>?);

    /// <summary>SHA-256 of <see cref="ActivatedImage"/>, 64 lower-case hexadecimal digits.</summary>
    public string? ActivatedSha256 => Activated is { Length: > 0 } image ? Convert.ToHexStringLower(SHA256.HashData(image)) : null;

    /// <summary>
    /// For whoever watches: told, while time stands still, when a whole init packet and an image that was begun behind it make room for another init
    /// packet; with the bytes held of the image and their CRC-32.
    /// </summary>
    public Action<ReadOnlyMemory<byte>, int, uint>? InitReplaced { get; set; }

    /// <summary>For whoever watches: told, while time stands still, of each image that is activated.</summary>
    public Action<ReadOnlyMemory<byte>>? ImageActivated { get; set; }

    internal int Index { get; }

    internal byte[]? Activated { get; private set; }

    internal int Boots { get; private set; }

    internal Settings FlashSettings => Settings.Read(_memory.Main, _memory.Backup, Options.Profile.SettingsBackup) ?? new Settings();

    internal FlashMemory Memory => _memory;

    internal BootloaderCore? Core => _core;

    internal bool DroppedByBytes { get; set; }

    internal long ErasingUntil => Options.RadioDeafDuringErase ? _flash.ErasingUntil : 0;

    /// <summary>What is on the air right now, null when nothing is.</summary>
    internal (BluetoothAddress Address, string Name)? Advertises => (Mode, _link) switch
    {
        (DeviceMode.Bootloader, null) when _core is { Leaves: false } => (BootloaderAddress, _name ?? BootloaderName),
        (DeviceMode.Application, null) => (ApplicationAddress, ApplicationName),
        _ => null,
    };

    /// <summary>An application is more than its DFU service: it has Nordic's UART.</summary>
    internal OtherServices Others => Mode == DeviceMode.Application ? OtherServices.Uart : OtherServices.None;

    private bool HasApplication => FlashSettings.Bank0.Code == BankCode.Application;

    private bool PendingActivation => FlashSettings.Bank1.Code != BankCode.Invalid;

    void IBootloaderPort.Notify(byte[] value) => Notify(DfuCharacteristic.ControlPoint, value);

    void IBootloaderPort.Disconnect() => _link?.CloseByDevice();

    void IBootloaderPort.Replaced(ReadOnlyMemory<byte> initPacket, int offset, uint crc) => InitReplaced?.Invoke(initPacket, offset, crc);

    void IBootloaderPort.Reset() => Reboot(holdsBootloader: false, powerCut: false);

    private FlashMemory Factory()
    {
        var memory = new FlashMemory { SoftDevice = Options.SoftDeviceId is { } id ? new(id) : null };
        var size = Options is { StartsInApplication: true, ApplicationSize: 0 } ? 20_000 : Options.ApplicationSize;
        var settings = new Settings { ApplicationVersion = Options.ApplicationVersion, BootloaderVersion = Options.BootloaderVersion };
        if (size > 0)
        {
            var image = new byte[size];
            new Random(unchecked((int)ApplicationAddress.Value)).NextBytes(image);
            memory.Write(0, image);
            settings = settings with { Bank0 = new Bank(size, Crc32.HashToUInt32(image), BankCode.Application) };
        }

        memory.Main = settings;
        memory.Backup = settings;
        return memory;
    }

    internal void PowerOff()
    {
        Stop();
        Mode = DeviceMode.Off;
    }

    private void Reboot(bool holdsBootloader, bool powerCut)
    {
        var held = Held;
        if (_core is { Ends: true } && !PendingActivation) Counters.AcceptedLost++;
        Stop();
        if (!PendingActivation) Counters.LostBytes += Math.Max(0, held - FlashSettings.Progress.Offset);
        _flash.Reset(powerCut && Options.PowerCutDamagesSettings);
        Boots++;
        Mode = DeviceMode.Booting;
        var enters = _entersBootloader;
        _entersBootloader = false;
        _boot = _events.After(Options.BootTime, () => Decide(holdsBootloader || enters));
    }

    /// <summary>Bytes of an image that the bootloader has in RAM or flash; 0 while none runs.</summary>
    private int Held => _core?.Held ?? 0;

    /// <summary>The program that runs ends, and its link is just gone.</summary>
    private void Stop()
    {
        _core?.Stop();
        _core = null;
        _boot?.Cancel();
        _flash.Idle = null;
        var link = _link;
        _link = null;
        link?.Drop();
    }

    private void Decide(bool stays)
    {
        var settings = FlashSettings;
        if (settings.Bank1.Code != BankCode.Invalid)
        {
            Mode = DeviceMode.Booting;
            _boot = _events.After(ActivationTime(settings), () => Activate(settings));
            return;
        }

        var enters = stays || settings.EnterBootloader || settings.Bank0.Code != BankCode.Application;
        if (enters) StartBootloader(Options.Profile.Inactivity);
        else StartApplication();
    }

    /// <summary>Copying is an erase and a write of every page, unless the image already lies where it belongs; then the settings are saved.</summary>
    private TimeSpan ActivationTime(Settings settings)
    {
        var chip = Options.Chip;
        var copied = settings.Bank1Start == 0 ? 0 : ChipModel.Pages(settings.Bank1.Size);
        var pages = Options.Profile.SettingsBackup ? 2 : 1;
        return ((chip.PageErase + chip.WriteTime(ChipModel.PageSize)) * copied) + ((chip.PageErase + chip.WriteTime(896)) * pages);
    }

    private void Activate(Settings settings)
    {
        var bank = settings.Bank1;
        var image = _memory.Read(settings.Bank1Start, bank.Size);
        if (bank.Code == BankCode.Application && Crc32.HashToUInt32(image) != bank.Crc)
        {
            Refuse(settings);
            return;
        }

        Activated = image;
        Counters.Activations++;
        ImageActivated?.Invoke(image);
        Counters.SettingsErases++;
        if (settings.Bank1Start != 0) Counters.PageErases += ChipModel.Pages(bank.Size);
        var next = settings with { Bank1 = default, PendingVersion = 0, PendingSoftDevice = 0 };
        var keeps = settings.Bank1Start > 0;
        if (bank.Code == BankCode.Application)
        {
            if (keeps)
            {
                _memory.Erase(0, ChipModel.Pages(bank.Size));
                _memory.Write(0, image);
            }

            next = next with { Bank0 = bank, ApplicationVersion = settings.PendingVersion };
        }
        else
        {
            if (bank.Code != BankCode.SoftDevice) next = next with { BootloaderVersion = settings.PendingVersion };
            if (_memory.SoftDevice is not null && SoftDeviceIdentity.Read(image, settings.PendingSoftDevice) is { } its) _memory.SoftDevice = its;
        }

        _memory.Main = next;
        _memory.Backup = next;
        var application = next.Bank0.Code == BankCode.Application;
        var expectsMore = bank.Code is BankCode.SoftDevice or BankCode.SoftDeviceBootloader;
        if (bank.Code is BankCode.Bootloader or BankCode.SoftDeviceBootloader) Boots++;
        if (expectsMore && (application || Options.Profile.Continuation is null)) StartBootloader(Options.Profile.Continuation);
        else Reboot(holdsBootloader: false, powerCut: false);
    }

    /// <summary>
    /// The image is no longer what was accepted: it is copied all the same, and not marked as an application
    /// (nrf_bootloader_fw_activation.c, app_activate).
    /// </summary>
    private void Refuse(Settings settings)
    {
        _memory.Main = _memory.Backup = settings with { Bank0 = default, Bank1 = default, PendingVersion = 0, PendingSoftDevice = 0 };
        Counters.SettingsErases++;
        Counters.LostBytes += settings.Bank1.Size;
        StartBootloader(Options.Profile.Inactivity);
    }

    private void StartBootloader(TimeSpan? inactivity)
    {
        if (HasNobodyToAnswer)
        {
            Mode = DeviceMode.Booting;
            _boot = _events.After(Options.BootTime, () => Decide(stays: false));
            return;
        }

        var settings = FlashSettings;
        _name = settings.Name;
        Mode = DeviceMode.Bootloader;
        _core = new BootloaderCore(_events, Options, _memory, _flash, this, Counters, settings);
        _core.StartInactivityTimer(inactivity);
        _air.AdvertisingChanged(this);
    }

    private void StartApplication()
    {
        Mode = DeviceMode.Application;
        _name = null;
        if (_memory.Main is { Name: not null }) Counters.SettingsErases++;
        _bonds.TakeFromBootloader();
        if (_memory.Main is { } main && (main.Name is not null || main.EnterBootloader)) _memory.Main = main with { Name = null, EnterBootloader = false };
        _air.AdvertisingChanged(this);
    }
}
