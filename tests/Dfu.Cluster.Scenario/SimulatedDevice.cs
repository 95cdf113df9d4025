using System.Text.Json;

namespace Dfu.Cluster.Scenario;

/// <summary>What the simulator counted of a device, from its devices.json.</summary>
internal sealed record SimulatedDevice(string Application, long FirmwareBytes, int Connects, int Executes, int InitsAgain, int Activations, string? Sha256)
{
    public static IReadOnlyDictionary<string, SimulatedDevice> Read(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.GetProperty("devices").EnumerateArray().Select(Of).ToDictionary(static device => device.Application);
    }

    private static SimulatedDevice Of(JsonElement device) => new(
        device.GetProperty("application").GetString()!,
        device.GetProperty("firmwareBytes").GetInt64(),
        device.GetProperty("connects").GetInt32(),
        device.GetProperty("executes").GetInt32(),
        device.GetProperty("initsAgain").GetInt32(),
        device.GetProperty("activations").GetInt32(),
        device.GetProperty("activated") is { ValueKind: JsonValueKind.Object } image ? image.GetProperty("sha256").GetString() : null);
}
