using Dfu.Cluster.Scenario.Processes;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Grains;
using Dfu.Protocol.Links;

namespace Dfu.Cluster.Scenario;

/// <summary>The database goes away in the middle and comes back; what that did to the transfers that were going on.</summary>
internal sealed class DatabaseOutage(PostgresServer database, double seconds, bool hangs, TimeProvider time, Action<string> tell)
{
    /// <summary>As long as that a device's grain lets an attempt go on without its database, less the pause between two of its writes.</summary>
    public const double PutUpWith = 10;
    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(0.25);
    private Dictionary<BluetoothAddress, DeviceView> _before = [];
    private Dictionary<BluetoothAddress, DeviceView> _back = [];
    private Dictionary<BluetoothAddress, DeviceView> _after = [];
    private readonly Dictionary<BluetoothAddress, double> _movedAgain = [];

    public double Seconds { get; private set; }
    public int Moving => _before.Count;
    public int MovedAgain => _movedAgain.Count;

    /// <summary>Devices that got bytes while the database was away, or just when it was back.</summary>
    public int WentOn => _back.Values.Count(device => device.BytesSent > _before[device.Application].BytesSent);
    public long SentMeanwhile => _back.Values.Sum(device => device.BytesSent - _before[device.Application].BytesSent);
    public int Interrupted => _after.Values.Count(device => device.Attempts > _before[device.Application].Attempts);
    public long SentAgain => _after.Values.Sum(device => device.BytesResent - _before[device.Application].BytesResent);

    public async Task RunAsync(GrainFleet campaign, CancellationToken stop)
    {
        _before = (await campaign.RefreshAsync()).Devices.Where(ClusterScenario.IsMoving).ToDictionary(static device => device.Application);
        await (hangs ? database.HangAsync() : database.StopAsync());
        var gone = time.GetTimestamp();
        tell($"PostgreSQL {(hangs ? "hangs" : "was stopped")} while {Moving} devices are at work");
        await Task.Delay(TimeSpan.FromSeconds(seconds), time, stop);
        await (hangs ? database.WakeAsync() : database.GoOnAsync());
        Seconds = time.GetElapsedTime(gone).TotalSeconds;
        var back = time.GetTimestamp();
        tell("PostgreSQL is back");
        _back = Of(await AnswerAsync(campaign, stop));
        var over = campaign.WaitAsync(stop);
        while (_movedAgain.Count < Moving)
        {
            await Task.Delay(SampleEvery, time, stop);
            var view = campaign.Snapshot();
            _after = Of(view);
            foreach (var device in _after.Values.Where(device => !_movedAgain.ContainsKey(device.Application)))
            {
                if (device.BytesSent > _back[device.Application].BytesSent || device.Outcome != DeviceOutcome.Pending)
                    _movedAgain[device.Application] = time.GetElapsedTime(back).TotalSeconds;
            }

            if (!over.IsCompleted) continue;
            await over;
            break;
        }

        tell($"{MovedAgain} of {Moving} devices have gone on");
    }

    public string Describe() => Seconds == 0
        ? "none"
        : FormattableString.Invariant($"the database {(hangs ? "hung" : "was stopped")} for {Seconds:0.0} s: ")
            + FormattableString.Invariant($"of {Moving} transfers {WentOn} went on meanwhile ({SentMeanwhile:#,0} bytes), {Interrupted} were interrupted, ")
            + FormattableString.Invariant($"{SentAgain:#,0} bytes were sent again; {_movedAgain.Values.DefaultIfEmpty(double.NaN).Max():0.0} s ")
            + "from its return until all had moved again";

    /// <summary>The first view that the cluster makes after the outage; none may have come while it lasted.</summary>
    private async Task<CampaignView> AnswerAsync(GrainFleet campaign, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await campaign.RefreshAsync();
            }
            catch (Exception e) when (Outage.Is(e))
            {
                await Task.Delay(SampleEvery, time, stop);
            }
        }
    }

    private Dictionary<BluetoothAddress, DeviceView> Of(CampaignView view) =>
        view.Devices.Where(device => _before.ContainsKey(device.Application)).ToDictionary(static device => device.Application);
}
