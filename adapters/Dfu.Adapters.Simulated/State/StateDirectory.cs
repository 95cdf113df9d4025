using System.Text.Json;
using Dfu.Adapters.Simulated.Bootloader;
using Dfu.Adapters.Simulated.Devices;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.Simulated;

/// <summary>Keeps the flash of virtual devices in files, so that they outlive their simulator; a restart is a power cut to them.</summary>
/// <remarks>
/// Per device <c>ADDRESS.json</c> (settings pages and counters, replaced atomically), <c>ADDRESS.flash</c> (the application's
/// room, pages written in place before the settings that speak of them) and <c>ADDRESS.image</c> (activated last); besides <c>devices.json</c>.
/// </remarks>
public sealed class StateDirectory
{
    private readonly string _path;
    private readonly Lock _writing = new();
    private readonly Dictionary<BluetoothAddress, int> _savedActivations = [];

    /// <param name="path">Made when it is not there.</param>
    public StateDirectory(string path)
    {
        _path = path;
        Directory.CreateDirectory(path);
    }

    /// <summary>Adds a device with the flash it had when it was saved, or a new one.</summary>
    /// <exception cref="IOException">A file of this device cannot be read.</exception>
    /// <exception cref="JsonException">A file of this device is not what was written.</exception>
    public VirtualDevice Add(SimulatedAir air, VirtualDeviceOptions options)
    {
        var file = FileOf(options.ApplicationAddress, "json");
        if (!File.Exists(file)) return air.Add(options);
        var saved = JsonSerializer.Deserialize<Saved>(File.ReadAllText(file)) ?? throw new JsonException($"{file} is empty");
        var memory = new FlashMemory { Main = saved.Main, Backup = saved.Backup, SoftDevice = saved.SoftDevice };
        ReadPages(FileOf(options.ApplicationAddress, "flash"), memory);
        var image = FileOf(options.ApplicationAddress, "image");
        var activated = File.Exists(image) ? File.ReadAllBytes(image) : null;
        _savedActivations[options.ApplicationAddress] = saved.Counters.Activations;
        return air.Add(options, new DeviceSnapshot(memory, saved.Counters.ToCounters(), saved.Mode, activated) { Bonds = saved.Bonds });
    }

    /// <summary>Writes what changed since the last call, and <c>devices.json</c>.</summary>
    public void Save(SimulatedAir air)
    {
        lock (_writing)
        {
            var devices = air.Devices;
            foreach (var device in devices) Save(device);
            Replace(Path.Combine(_path, "devices.json"), DevicesReport.ToJson(devices));
        }
    }

    private void Save(VirtualDevice device)
    {
        var (saved, pages, image) = device.TakeChanges();
        WritePages(FileOf(device.ApplicationAddress, "flash"), pages);
        if (image is not null && _savedActivations.GetValueOrDefault(device.ApplicationAddress) != saved.Counters.Activations)
        {
            ReplaceBytes(FileOf(device.ApplicationAddress, "image"), image);
            _savedActivations[device.ApplicationAddress] = saved.Counters.Activations;
        }

        Replace(FileOf(device.ApplicationAddress, "json"), JsonSerializer.Serialize(saved));
    }

    private static void WritePages(string file, List<(int Number, byte[]? Content)> pages)
    {
        if (pages.Count == 0) return;
        var erased = new byte[ChipModel.PageSize];
        erased.AsSpan().Fill(0xff);
        using var handle = File.OpenHandle(file, FileMode.OpenOrCreate, FileAccess.Write);
        var length = RandomAccess.GetLength(handle);
        foreach (var (number, content) in pages)
        {
            // A page beyond the end would leave a hole of zeros, which is not what erased flash reads as.
            for (; length < (long)number * ChipModel.PageSize; length += ChipModel.PageSize) RandomAccess.Write(handle, erased, length);
            RandomAccess.Write(handle, content ?? erased, (long)number * ChipModel.PageSize);
            length = Math.Max(length, (number + 1L) * ChipModel.PageSize);
        }
    }

    private static void ReadPages(string file, FlashMemory memory)
    {
        if (!File.Exists(file)) return;
        var bytes = File.ReadAllBytes(file);
        for (var number = 0; (number + 1) * ChipModel.PageSize <= bytes.Length; number++)
        {
            var page = bytes.AsSpan(number * ChipModel.PageSize, ChipModel.PageSize);
            if (page.ContainsAnyExcept((byte)0xff)) memory.LoadPage(number, page.ToArray());
        }
    }

    private static void Replace(string file, string text) => ReplaceBytes(file, System.Text.Encoding.UTF8.GetBytes(text));

    private static void ReplaceBytes(string file, byte[] bytes)
    {
        var next = file + ".new";
        File.WriteAllBytes(next, bytes);
        File.Move(next, file, overwrite: true);
    }

    private string FileOf(BluetoothAddress address, string extension) =>
        Path.Combine(_path, $"{address.ToString().Replace(":", "", StringComparison.Ordinal)}.{extension}");

    internal sealed record Saved(
        DeviceMode Mode, Settings? Main, Settings? Backup, SoftDeviceIdentity? SoftDevice, SavedCounters Counters, BondKeys.Saved? Bonds = null);

    internal sealed record SavedCounters(
        long PacketBytes,
        long InitBytes,
        long FirmwareBytes,
        int Connects,
        int Drops,
        int Creates,
        int Executes,
        int CreateCommands,
        int ExecuteCommands,
        int Activations,
        long OverrunBytes = 0,
        long PageErases = 0,
        long SettingsErases = 0,
        int Timeouts = 0,
        int InitsAgain = 0)
    {
        public static SavedCounters Of(DeviceCounters c) => new(
            c.PacketBytes,
            c.InitBytes,
            c.FirmwareBytes,
            c.Connects,
            c.Drops,
            c.Creates,
            c.Executes,
            c.CreateCommands,
            c.ExecuteCommands,
            c.Activations,
            c.OverrunBytes,
            c.PageErases,
            c.SettingsErases,
            c.Timeouts,
            c.InitsAgain);

        public DeviceCounters ToCounters() => new()
        {
            PacketBytes = PacketBytes,
            InitBytes = InitBytes,
            FirmwareBytes = FirmwareBytes,
            Connects = Connects,
            Drops = Drops,
            Creates = Creates,
            Executes = Executes,
            CreateCommands = CreateCommands,
            ExecuteCommands = ExecuteCommands,
            Activations = Activations,
            OverrunBytes = OverrunBytes,
            PageErases = PageErases,
            SettingsErases = SettingsErases,
            Timeouts = Timeouts,
            InitsAgain = InitsAgain,
        };
    }
}
