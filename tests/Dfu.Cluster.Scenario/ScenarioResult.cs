using System.Collections.Immutable;
using Dfu.Fleet;
using Dfu.Grains;
using Dfu.Protocol.Links;

namespace Dfu.Cluster.Scenario;

/// <summary>What the scenario saw, by its own watch, the fleet's count and the simulator's.</summary>
internal sealed class ScenarioResult(ScenarioSettings settings)
{
    private const int Object = 4096;

    /// <summary>What a member that is killed may have sent and not yet told anybody: its reports come every second.</summary>
    private const int UntoldBytes = 24 * 1024;

    public string ImageSha256 { get; set; } = "";
    public double KilledAt { get; set; }
    public int OnKilled { get; set; }

    /// <summary>Seconds from the kill until a device of the killed member was sent to again.</summary>
    public Dictionary<BluetoothAddress, double> MovedElsewhere { get; } = [];

    /// <summary>Seconds from the restart until a radio of the member carried a transfer.</summary>
    public double? CarriedAgain { get; set; }
    public double Seconds { get; set; }
    public CampaignView? End { get; set; }
    public ImmutableArray<CampaignEntry> Entries { get; set; } = [];
    public Dictionary<string, long> PeakMemory { get; } = [];
    public Dictionary<string, int> MemberExits { get; } = [];
    public IReadOnlyDictionary<string, SimulatedDevice> Devices { get; set; } = ImmutableDictionary<string, SimulatedDevice>.Empty;

    public ImmutableArray<string> Print(TextWriter to, string killed)
    {
        var view = End!;
        var bytes = (long)settings.Devices * settings.Size;
        var sent = view.Devices.Sum(static device => device.BytesSent);
        var resent = view.Devices.Sum(static device => device.BytesResent);
        var received = Devices.Values.Sum(static device => device.FirmwareBytes);
        var interruptions = view.Devices.Sum(static device => device.Resumes.Count(static resume => resume.Stored > 0));
        var outage = MovedElsewhere.Values.Order().ToArray();
        Row("total time", $"{Seconds:0.0} s, {killed} killed at {KilledAt:0.0} s");
        Row("outage", outage.Length == 0 ? "none of the devices moved again" : $"{outage[0]:0.0} s until the first of {OnKilled} devices moved again elsewhere, {outage[outage.Length / 2]:0.0} s half of them, {outage[^1]:0.0} s the last");
        Row("restart", CarriedAgain is { } carried ? $"{carried:0.0} s until a radio of {killed} carried a transfer" : $"no radio of {killed} carried a transfer");
        Row("bytes", $"{bytes:#,0} to bring; the fleet counts {sent:#,0} sent, {resent:#,0} of them again; the devices received {received:#,0}");
        Row("sent again", $"{(received - bytes) / (double)Object:0.0} objects in {interruptions} interruptions, {(interruptions == 0 ? 0 : (received - bytes) / (double)Object / interruptions):0.0} each");
        Row("resumes", string.Join(", ", view.Devices.SelectMany(static device => device.Resumes).GroupBy(static resume => resume.Diagnosis).OrderByDescending(static group => group.Count()).Select(static group => $"{group.Count()} {group.Key}")));
        Row("driven twice", $"{DrivenTwice(view).Length}");
        Row("memory", string.Join(", ", PeakMemory.Select(static member => $"{member.Key} {member.Value / 1048576} MiB at most")));
        return Check(view, sent, received);

        void Row(string what, string text) => to.WriteLine($"{what,-13}{text}");
    }

    /// <summary>A device that two radios drove at once was activated more than once, or got bytes that no count of the fleet has.</summary>
    private string[] DrivenTwice(CampaignView view) => [.. view.Devices
        .Where(device => Devices.TryGetValue(device.Application.ToString(), out var there) && (there.Activations > 1 || there.FirmwareBytes - device.BytesSent > UntoldBytes))
        .Select(static device => device.Application.ToString())];

    private ImmutableArray<string> Check(CampaignView view, long sent, long received)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        Must(view.Outcome == CampaignOutcome.Succeeded, $"the campaign ended as {view.Outcome}");
        Must(view.Devices.Length == settings.Devices, $"{view.Devices.Length} devices took part");
        foreach (var device in view.Devices.Where(static device => device.Outcome != DeviceOutcome.Updated)) wrong.Add($"{device.Application}: {device.Outcome}, {device.Error}, {device.Detail}");
        foreach (var device in Devices.Values.Where(device => device.Activations != 1 || device.Sha256 != ImageSha256)) wrong.Add($"{device.Application}: {device.Activations} activations, holds {device.Sha256}");
        foreach (var device in DrivenTwice(view)) wrong.Add($"{device} was driven twice");
        Must(Entries is [{ Finished: true }], $"the directory has {Entries.Length} campaigns, {Entries.Count(static entry => !entry.Finished)} unfinished");
        Must(OnKilled > 0, "the killed member drove no device");
        Must(MovedElsewhere.Count == OnKilled, $"{OnKilled - MovedElsewhere.Count} devices of the killed member were not seen moving again");
        Must(MovedElsewhere.Values.DefaultIfEmpty(double.MaxValue).Min() <= settings.MostOutage, $"the outage was longer than {settings.MostOutage:0} s");
        Must(CarriedAgain is not null, "the restarted member carried nothing");
        Must(received >= sent, $"the fleet counts {sent - received} bytes more than the devices received");
        Must(received - sent <= (long)OnKilled * UntoldBytes, $"the fleet counts {received - sent} bytes less than the devices received");
        foreach (var (member, code) in MemberExits.Where(static exit => exit.Value != 0)) wrong.Add($"{member} ended with {code}");
        return wrong.ToImmutable();

        void Must(bool holds, string otherwise)
        {
            if (!holds) wrong.Add(otherwise);
        }
    }
}
