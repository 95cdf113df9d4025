using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
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

    /// <summary>Null when the database was there all the time.</summary>
    public DatabaseOutage? Database { get; set; }
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
        var updated = view.Devices.Count(static device => device.Outcome.IsGood());
        var twice = DrivenTwice(view).Length;
        to.WriteLine();
        Row("devices", $"{updated} of {settings.Devices} updated, {(twice == 0 ? "none" : $"{twice}")} driven by two radios at once");
        Row("time", $"{Seconds:0.0} s from submission to the end{(settings.Kills ? $"; {killed} was killed after {KilledAt:0.0} s" : "")}");
        Database?.Print(Row);
        if (settings.Kills)
        {
            Row("outage", outage.Length == 0
                ? $"none of the {OnKilled} devices on {killed} moved again"
                : $"{outage[0]:0.0} s until the first of the {OnKilled} devices on {killed} was sent to again, "
                    + $"{outage[outage.Length / 2]:0.0} s half of them, {outage[^1]:0.0} s the last");
            Row(
                "restart",
                CarriedAgain is { } carried
                    ? $"{carried:0.0} s from the start of {killed} until one of its radios carried a transfer"
                    : $"no radio of {killed} carried a transfer");
        }

        Row("bytes to bring", $"{bytes:#,0}");
        Row("bytes sent", $"{sent:#,0} by the fleet's count, of them {resent:#,0} ({100.0 * resent / Math.Max(sent, 1):0.0} %) for a second time");
        Row("received", $"{received:#,0} by the devices' count, {received - sent:#,0} more than the fleet could count");
        Row("lost", $"{(received - bytes) / (double)Object:0.0} objects of {Object} bytes, in {interruptions} resumed transfers");
        Row(
            "resumes",
            string.Join(
                ", ",
                view.Devices.SelectMany(static device => device.Resumes)
                    .GroupBy(static resume => resume.Diagnosis)
                    .OrderByDescending(static group => group.Count())
                    .Select(static group => $"{group.Count()} {group.Key}")));
        Row("peak memory", string.Join(", ", PeakMemory.Select(static member => $"{member.Key} {member.Value / 1048576} MiB")));
        return Check(view, sent, received);

        void Row(string what, string text) => to.WriteLine($"{what,-16}{text}");
    }

    /// <summary>A device that two radios drove at once was activated more than once, or got bytes that no count of the fleet has.</summary>
    private string[] DrivenTwice(CampaignView view) => [.. view.Devices
        .Where(
            device => Devices.TryGetValue(device.Application.ToString(), out var there) && (
                there.Activations > 1 || there.FirmwareBytes - device.BytesSent > UntoldBytes))
        .Select(static device => device.Application.ToString())];

    private ImmutableArray<string> Check(CampaignView view, long sent, long received)
    {
        var wrong = ImmutableArray.CreateBuilder<string>();
        Must(view.Outcome == CampaignOutcome.Succeeded, $"the campaign ended as {view.Outcome}");
        Must(view.Devices.Length == settings.Devices, $"{view.Devices.Length} devices took part");
        foreach (var device in view.Devices.Where(static device => !device.Outcome.IsGood()))
            wrong.Add($"{device.Application}: {device.Outcome}, {device.Error}, {device.Detail}");
        foreach (var device in Devices.Values.Where(device => device.Activations != 1 || device.Sha256 != ImageSha256))
            wrong.Add($"{device.Application}: {device.Activations} activations, holds {device.Sha256}");
        foreach (var device in DrivenTwice(view)) wrong.Add($"{device} was driven twice");
        Must(Entries is [{ Finished: true }], $"the directory has {Entries.Length} campaigns, {Entries.Count(static entry => !entry.Finished)} unfinished");
        if (settings.Kills)
        {
            Must(OnKilled > 0, "the killed member drove no device");
            Must(MovedElsewhere.Count == OnKilled, $"{OnKilled - MovedElsewhere.Count} devices of the killed member were not seen moving again");
            Must(MovedElsewhere.Values.DefaultIfEmpty(double.MaxValue).Min() <= settings.MostOutage, $"the outage was longer than {settings.MostOutage:0} s");
            Must(CarriedAgain is not null, "the restarted member carried nothing");
        }

        if (Database is { } database)
        {
            Must(database.Moving > 0, "no device was at work when the database went away");
            Must(database.MovedAgain == database.Moving, $"{database.Moving - database.MovedAgain} devices did not go on when the database was back");
            Must(
                database.Interrupted == 0 || settings.DatabaseAway > DatabaseOutage.PutUpWith,
                $"{database.Interrupted} transfers were interrupted although the database was away for {database.Seconds:0.0} s only");
        }

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
