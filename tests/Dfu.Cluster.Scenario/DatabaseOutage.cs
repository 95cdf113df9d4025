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

    /// <summary>The devices that were at work, just before.</summary>
    private Dictionary<BluetoothAddress, DeviceView> _before = [];

    /// <summary>
    /// The most bytes that each was seen to have got until the database was back: views forget what an attempt did that could not report its end.
    /// </summary>
    private readonly Dictionary<BluetoothAddress, long> _most = [];
    private readonly Dictionary<BluetoothAddress, double> _movedAgain = [];
    private Dictionary<BluetoothAddress, DeviceView> _last = [];

    public double Seconds { get; private set; }
    public int Moving => _before.Count;
    public int MovedAgain => _movedAgain.Count;
    public int Interrupted => _last.Values.Count(device => device.Attempts > _before[device.Application].Attempts);

    public async Task RunAsync(GrainFleet campaign, CancellationToken stop)
    {
        _before = (await campaign.RefreshAsync()).Devices.Where(ClusterScenario.IsMoving).ToDictionary(static device => device.Application);
        await (hangs ? database.HangAsync() : database.StopAsync());
        var gone = time.GetTimestamp();
        tell($"PostgreSQL {(hangs ? "hangs" : "was stopped")} while {Moving} devices are at work");
        while (time.GetElapsedTime(gone).TotalSeconds < seconds)
        {
            await Task.Delay(SampleEvery, time, stop);
            See(campaign.Snapshot());
            foreach (var device in _last.Values) _most[device.Application] = Math.Max(device.BytesSent, _most.GetValueOrDefault(device.Application));
        }

        await (hangs ? database.WakeAsync() : database.GoOnAsync());
        Seconds = time.GetElapsedTime(gone).TotalSeconds;
        tell("PostgreSQL is back");
        await SeeAllMoveAsync(campaign, time.GetTimestamp(), stop);
        tell($"{MovedAgain} of {Moving} devices have gone on");
    }

    /// <summary>Takes note of a view; what was sent again is known when all is over.</summary>
    public void See(CampaignView view) =>
        _last = view.Devices.Where(device => _before.ContainsKey(device.Application)).ToDictionary(static device => device.Application);

    /// <param name="row">Prints a line with what it is about.</param>
    public void Print(Action<string, string> row)
    {
        var moved = _movedAgain.Values.Order().ToArray();
        var meanwhile = _most.Select(device => device.Value - _before[device.Key].BytesSent).Where(static bytes => bytes > 0).ToArray();
        var again = _last.Values.Sum(device => device.BytesResent - _before[device.Application].BytesResent);
        row("database", FormattableString.Invariant($"{(hangs ? "hung" : "was stopped")} for {Seconds:0.0} s while {Moving} devices were at work"));
        row("", FormattableString.Invariant($"{meanwhile.Length} of them went on meanwhile ({meanwhile.Sum():#,0} bytes), {Interrupted} were interrupted"));
        row("", FormattableString.Invariant($"{again:#,0} bytes were sent to them again"));
        row("", moved.Length == 0
            ? "no transfer moved again"
            : FormattableString.Invariant($"{moved[0]:0.0} s from its return until the first transfer was seen to move, ")
                + FormattableString.Invariant($"{moved[moved.Length / 2]:0.0} s half of them, {moved[^1]:0.0} s the last; ")
                + "an interrupted one waits for a slot like others");
    }

    private async Task SeeAllMoveAsync(GrainFleet campaign, long back, CancellationToken stop)
    {
        var over = campaign.WaitAsync(stop);
        while (_movedAgain.Count < Moving)
        {
            await Task.Delay(SampleEvery, time, stop);
            var before = _last;
            See(campaign.Snapshot());
            foreach (var device in _last.Values.Where(device => Moves(before[device.Application], device)))
                _movedAgain.TryAdd(device.Application, time.GetElapsedTime(back).TotalSeconds);
            if (!over.IsCompleted) continue;
            await over;
            break;
        }
    }

    /// <summary>It gets bytes in the same attempt, or has them all.</summary>
    private static bool Moves(DeviceView before, DeviceView now) =>
        now.Phase is DevicePhase.Activating or DevicePhase.Verifying or DevicePhase.Done
        || (now.Attempts == before.Attempts && IsSending(before) && IsSending(now) && now.BytesSent > before.BytesSent);

    private static bool IsSending(DeviceView device) => device.Phase is DevicePhase.Sending or DevicePhase.Saving;
}
