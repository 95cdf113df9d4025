using System.Collections.Immutable;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Turns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Microsoft.Extensions.Logging;

namespace Dfu.Fleet.Shells.Campaigns;

/// <summary>What a campaign says to its peers. No turn waits for an answer; what got none is said again.</summary>
/// <param name="pulse">Its activation's: when that is over the next activation calls devices.</param>
/// <param name="refused">A device that is to be cancelled belongs to another campaign.</param>
/// <param name="audited">The audit has the campaign's changes up to this one.</param>
internal sealed class CampaignCalls(
    IActivation activation, Pulse pulse, CampaignDevices devices, LabelStore labels, Action<BluetoothAddress, int> refused, Action<int> audited)
{
    private const int MostAtOnce = 128;

    private readonly Dictionary<string, ClassState> _keep = [];
    private readonly HashSet<string> _keeping = [];
    private readonly HashSet<(BluetoothAddress Device, int Attempt)> _pausing = [];
    private readonly AuditOutbox _audit = new(activation.Peers, activation.Host, activation.Log);
    private ImmutableHashSet<string> _overtook = [];
    private int _calling;
    private bool _finished;
    private bool _saidUntold;
    private bool _tellingFinished;
    private int _ends;
    private DateTimeOffset? _watched;

    public bool IsOutstanding(CampaignCore core) => _keep.Count > 0 || _finished || IsUntold(core);

    private DateTimeOffset Now => activation.Host.Time.GetUtcNow();

    /// <summary>Calls devices without an outcome that were never called or are silent.</summary>
    public void Devices(CampaignCore core)
    {
        if (pulse.IsOver || core.Saved.Stage == CampaignStage.Finished) return;
        foreach (var device in devices.Due(core.Saved, MostAtOnce - _calling, Now))
        {
            _calling++;
            OwnWork.Run(activation.Log, "be called by its campaign", device, () => CallAsync(core, device), LogLevel.Error);
        }
    }

    /// <param name="now">Whether something changed that the scheduler should know at once.</param>
    public void Watch(CampaignState campaign, bool now)
    {
        if (!now && Now - _watched < activation.Host.Times.Again) return;
        _watched = Now;
        var over = campaign.Stage == CampaignStage.Finished;
        var watch = new CampaignWatch
        {
            Campaign = campaign.Id,
            Devices = over ? [] : devices.Watched(campaign),
            Collecting = campaign.Stage == CampaignStage.Collecting,
            NameGlob = campaign.NameGlob,
            NamedByApplication = campaign.NamedByApplication,
            Over = over,
            Limits = campaign.Limits,
            Held = campaign.IsHeld || campaign.IsClosing,
            Priority = campaign.Plan.Priority,
            Missing = campaign is { Feed: true, Stage: CampaignStage.Collecting }
                ? [.. campaign.Results.Where(static result => result.Value.Error == DfuError.NotHeard).Select(static result => result.Key)]
                : [],
        };
        OwnWork.Run("tell the scheduler whom to hear", () => activation.Peers.Scheduler.CampaignAsync(watch), e =>
        {
            _watched = null; // with the next pulse
            activation.Log.WorkFailed(LogLevel.Debug, campaign.Id, "tell the scheduler whom to hear", e);
        });
    }

    /// <summary>Has attempts broken off that are under way although the campaign is paused so.</summary>
    public void Pause(CampaignState campaign)
    {
        if (!campaign.PauseCuts) return;
        foreach (var attempt in devices.Running(campaign).ToArray())
        {
            if (_pausing.Add(attempt)) OwnWork.Run(activation.Log, "have its attempt broken off", attempt.Device, () => PauseAsync(campaign.Id, attempt));
        }
    }

    /// <summary>Tells the audit what it does not have yet.</summary>
    public void Audit(CampaignCore core)
    {
        var through = core.Saved.Changes;
        _audit.Tell(core.Saved.Id, core.Untold, () => audited(through));
    }

    /// <summary>Has the directory keep a campaign that was over as one that goes on.</summary>
    /// <returns>Why it cannot, in words; empty when it can.</returns>
    public Task<string> ReopenAsync(CampaignState campaign) => activation.Peers.Directory
        .ReopenAsync(campaign.Id, campaign.NamedByApplication ? [] : campaign.Devices.AddRange(campaign.Gone));

    public void Keep(ClassState learned, string campaign)
    {
        _keep[learned.Key] = learned;
        KeepClasses(campaign);
    }

    /// <summary>The campaign, as it is saved, is over, or is taken up again.</summary>
    public void Finished(CampaignCore core, bool finished)
    {
        (_finished, _saidUntold, _overtook, _ends) = (finished, false, core.Saved.Overtook, _ends + 1);
        Repeat(core);
    }

    /// <summary>Says again what the directory and the audit have not answered.</summary>
    public void Repeat(CampaignCore core)
    {
        var campaign = core.Saved.Id;
        KeepClasses(campaign);
        Audit(core);
        if (_finished && !_tellingFinished && !(_saidUntold && IsUntold(core)))
            OwnWork.Run(activation.Log, "tell the directory that it is over", campaign, () => FinishAsync(campaign, told: !IsUntold(core)));
    }

    /// <summary>Something is left to be told to the audit, and there is one.</summary>
    private bool IsUntold(CampaignCore core) => !core.Untold.IsEmpty && !_audit.IsNobody;

    private void KeepClasses(string campaign)
    {
        foreach (var (key, learned) in _keep)
        {
            if (_keeping.Add(key)) OwnWork.Run(activation.Log, "have the directory keep a class", campaign, () => KeepAsync(learned));
        }
    }

    /// <summary>Asks all of them at once, as far as that is good for them.</summary>
    /// <returns>Whether all answered.</returns>
    public async Task<bool> FetchAsync(ImmutableArray<BluetoothAddress> unknown)
    {
        var left = new Queue<BluetoothAddress>(unknown);
        var answered = 0;
        foreach (var worker in Enumerable.Range(0, Math.Min(MostAtOnce / 2, unknown.Length)).Select(_ => FetchSomeAsync()).ToArray()) await worker;
        return answered == unknown.Length;

        async Task FetchSomeAsync()
        {
            while (left.TryDequeue(out var device))
            {
                try
                {
                    devices.Fetched(device, await DeviceOf(device).GetAsync());
                    answered++;
                }
                catch (Exception e)
                {
                    activation.Log.WorkFailed(LogLevel.Debug, device, "tell its campaign its state", e);
                }
            }
        }
    }

    /// <summary>A device that turned out to be another one; it is told so again when it is heard from.</summary>
    public void LetGo(BluetoothAddress device, CampaignState campaign) =>
        OwnWork.Run(activation.Log, "be let go", device, () => DeviceOf(device).CancelAsync(campaign.Id, campaign.Run, drain: false));

    /// <summary>Has all of them deleted, as far as they belong to this campaign alone.</summary>
    public async Task ForgetAsync(ImmutableArray<BluetoothAddress> all, string campaign)
    {
        foreach (var some in all.Chunk(MostAtOnce)) await Task.WhenAll(some.Select(device => DeviceOf(device).ForgetAsync(campaign)));
    }

    public async Task<LiveReport> LiveAsync(string campaign, bool signals)
    {
        try
        {
            return await Protocol.Timing.Waiting.WithinAsync(
                activation.Peers.Scheduler.LiveAsync(campaign, signals), activation.Host.Times.AdapterSilence, activation.Host.Time, CancellationToken.None);
        }
        catch (Exception e)
        {
            activation.Log.WorkFailed(LogLevel.Debug, campaign, "ask the scheduler what is under way", e);
            return new();
        }
    }

    private CampaignPlace PlaceOf(CampaignState campaign, BluetoothAddress device, int run) => new()
    {
        Campaign = campaign.Id,
        PackageId = campaign.PackageId,
        Only = campaign.Only,
        ImageSizes = campaign.ImageSizes,
        TraceParent = campaign.TraceParent,
        Run = run,
        Label = labels.Of(device),
        Anew = run > 0 && campaign.Restarting.Contains(device),
        Limits = campaign.Limits,
        Finish = campaign.Plan.Finish,
        Force = campaign.Plan.Force,
    };

    private IDevicePeer DeviceOf(BluetoothAddress device) => activation.Peers.Device(device);

    private async Task CallAsync(CampaignCore core, BluetoothAddress device)
    {
        bool? joined = null;
        var (cancelled, run, drain) = (core.Saved.IsClosing, core.Saved.Run, core.Saved.Closing);
        try
        {
            joined = await DeviceOf(device).JoinAsync(PlaceOf(core.State, device, core.Saved.Retrying.GetValueOrDefault(device)));
            if (cancelled && joined == true) await DeviceOf(device).CancelAsync(core.Saved.Id, run, drain);
        }
        catch (Exception e)
        {
            activation.Log.WorkFailed(LogLevel.Debug, device, "be called by its campaign", e);
            joined = null;
        }

        devices.Called(device, joined, Now);
        if (cancelled && joined == false) refused(device, run);
        if (--_calling < MostAtOnce / 2) Devices(core);
    }

    private async Task PauseAsync(string campaign, (BluetoothAddress Device, int Attempt) attempt)
    {
        try
        {
            await DeviceOf(attempt.Device).PauseAsync(campaign, attempt.Attempt);
        }
        finally
        {
            _pausing.Remove(attempt);
        }
    }

    private async Task KeepAsync(ClassState learned)
    {
        try
        {
            await activation.Peers.Directory.KeepClassAsync(learned);
            if (_keep.TryGetValue(learned.Key, out var latest) && ReferenceEquals(latest, learned)) _keep.Remove(learned.Key);
        }
        finally
        {
            _keeping.Remove(learned.Key);
        }
    }

    private async Task FinishAsync(string campaign, bool told)
    {
        _tellingFinished = true;
        var end = _ends;
        try
        {
            // The directory passes over an end that is none by the time it asks; another may have come meanwhile.
            await activation.Peers.Directory.FinishedAsync(campaign, _overtook, told);
            if (end == _ends) (_finished, _saidUntold) = (!told, !told);
        }
        finally
        {
            _tellingFinished = false;
        }
    }
}
