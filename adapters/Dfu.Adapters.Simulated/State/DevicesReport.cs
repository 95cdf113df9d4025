using System.IO.Hashing;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dfu.Adapters.Simulated;

/// <summary><c>devices.json</c>: what every device has received and become, so that a host's own count can be checked.</summary>
public static class DevicesReport
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The whole document: <c>{"devices":[{...}]}</c>, in the order the devices were added.</summary>
    public static string ToJson(IEnumerable<VirtualDevice> devices) =>
        JsonSerializer.Serialize(new Document([.. devices.Select(Entry.Of)]), Format);

    private sealed record Document(IReadOnlyList<Entry> Devices);

    private sealed record Entry(
        string Application,
        string Bootloader,
        DeviceMode Mode,
        long PacketBytes,
        long InitBytes,
        long FirmwareBytes,
        long OverrunBytes,
        int Connects,
        int Drops,
        int Creates,
        int Executes,
        int CreateCommands,
        int ExecuteCommands,
        int InitsAgain,
        int Activations,
        Image? Activated)
    {
        public static Entry Of(VirtualDevice device)
        {
            var (mode, counters, image) = device.Observe();
            return new Entry(
                device.ApplicationAddress.ToString(),
                device.BootloaderAddress.ToString(),
                mode,
                counters.PacketBytes,
                counters.InitBytes,
                counters.FirmwareBytes,
                counters.OverrunBytes,
                counters.Connects,
                counters.Drops,
                counters.Creates,
                counters.Executes,
                counters.CreateCommands,
                counters.ExecuteCommands,
                counters.InitsAgain,
                counters.Activations,
                image is null ? null : new Image(device.ActivatedSha256!, $"0x{Crc32.HashToUInt32(image):x8}", image.Length));
        }
    }

    private sealed record Image(string Sha256, string Crc32, int Bytes);
}
