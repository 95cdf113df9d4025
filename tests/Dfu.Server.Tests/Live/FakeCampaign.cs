using System.Collections.Immutable;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Campaigns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Server.Tests.Live;

/// <summary>A campaign that answers its followers as its grain does, and whose devices do what a test says.</summary>
internal sealed class FakeCampaign
{
    public const int Size = 40_960;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private CampaignDevices _devices = new(TimeSpan.FromSeconds(2));
    private CampaignFrames _frames;
    private LiveReport _live = new();
    private bool _signals;

    public FakeCampaign(TimeProvider time, int devices, string id = "x")
    {
        (_time, _frames) = (time, new(time));
        State = new()
        {
            Id = id, PackageId = "p", Targets = "", ImageSizes = [Size], HwVersion = 52, Stage = CampaignStage.Running, CreatedAt = time.GetUtcNow(),
            Devices = [.. Enumerable.Range(0, devices).Select(Address)],
        };
    }

    public CampaignState State { get; private set; }

    /// <summary>Calls by their names.</summary>
    public int Reads { get; private set; }
    public int Standings { get; private set; }
    public int Questions { get; private set; }

    /// <summary>What every call ends in; null answers.</summary>
    public Func<Exception>? Failure { get; set; }

    public CampaignEntry Entry => new()
    {
        Campaign = State.Id, PackageId = "p", Targets = "", CreatedAt = State.CreatedAt, Finished = State.Stage == CampaignStage.Finished,
    };

    public static BluetoothAddress Address(int n) => new(0xC0_00_00_00_00_00ul + ((ulong)n * 16));

    public Task<CampaignChanges> ChangesAsync(CampaignCursor since, TimeSpan atMostOld)
    {
        lock (_gate)
        {
            Reads++;
            if (Failure is { } failure) return Task.FromException<CampaignChanges>(failure());
            if (!_frames.IsFresh(atMostOld)) _frames.Make(State, _devices, default, _live, _signals || _frames.SignalsDue, goesOn: false);
            _signals = false;
            return Task.FromResult(_frames.Since(since));
        }
    }

    public Task<CampaignStanding> StandingAsync()
    {
        Standings++;
        return Failure is { } failure ? Task.FromException<CampaignStanding>(failure()) : Task.FromResult(CampaignViews.Standing(State));
    }

    public Task<bool> IsOverAsync()
    {
        Questions++;
        return Failure is { } failure ? Task.FromException<bool>(failure()) : Task.FromResult(State.Stage == CampaignStage.Finished);
    }

    public DeviceState Device(int n) => _devices.Get(Address(n)) ?? DeviceState.New(Address(n), [Size], State.CreatedAt);

    public void Tell(int n, Func<DeviceState, DeviceState> change)
    {
        lock (_gate) _devices.Take(change(Device(n)), _time.GetUtcNow());
    }

    public void Change(Func<CampaignState, CampaignState> change)
    {
        lock (_gate) State = change(State);
    }

    public void Fail(int n) => Change(state => state with { Results = state.Results.Add(Address(n), new(DeviceOutcome.Failed, DfuError.NotHeard)) });

    public void Join(int n) => Change(state => state with { Devices = state.Devices.Add(Address(n)) });

    public void Begin(int n, int attempt) => Tell(n, state => state with
    {
        Attempt = attempt, Phase = DevicePhase.Connecting, Adapter = "a/b", StartedAt = state.StartedAt ?? _time.GetUtcNow(),
    });

    public void Finish() => Change(static state => state with { Stage = CampaignStage.Finished, Outcome = CampaignOutcome.Failed });

    public void Retry() => Change(static state => state with { Stage = CampaignStage.Running, Outcome = CampaignOutcome.Running });

    public void Send(IEnumerable<(int Device, int Attempt, long Confirmed, double Rate)> transfers)
    {
        lock (_gate)
        {
            _live = _live with
            {
                Transfers =
                [
                    .. transfers.Select(transfer => new LiveTransfer
                    {
                        Campaign = State.Id, Device = Address(transfer.Device), Attempt = transfer.Attempt, Phase = DevicePhase.Sending,
                        Confirmed = transfer.Confirmed, Traffic = new(transfer.Confirmed + 100, transfer.Confirmed), Rate = transfer.Rate,
                    }),
                ],
            };
        }
    }

    public void Hear(IEnumerable<(int Device, int Rssi)> heard)
    {
        lock (_gate) (_live, _signals) = (_live with { Rssi = heard.ToImmutableDictionary(static one => Address(one.Device), static one => one.Rssi) }, true);
    }

    public void Adapters(params AdapterView[] adapters)
    {
        lock (_gate) _live = _live with { Adapters = [.. adapters] };
    }

    /// <summary>Another member takes it over: what followers have is counted otherwise from now on.</summary>
    public void Move()
    {
        lock (_gate) _frames = new(_time);
    }
}
