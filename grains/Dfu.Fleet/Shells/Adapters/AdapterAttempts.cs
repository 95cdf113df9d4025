using System.Collections.Immutable;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Attempts;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Scheduling;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Telemetry;
using Dfu.Fleet.Turns;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Timing;
using Dfu.Protocol.Transfers;
using Microsoft.Extensions.Logging;

namespace Dfu.Fleet.Shells.Adapters;

/// <summary>
/// The attempts of one adapter: begins, stops and ends them and reports what they say. Lives on the activation's scheduler; their radio work does not.
/// </summary>
internal sealed class AdapterAttempts(AdapterParts parts, AdapterLoop loop, AdapterHost radios, GoodputMeter goodput)
{
    private readonly List<AdapterAttempt> _attempts = [];
    private readonly AttemptPreparation _preparation = new(parts);
    private readonly CampaignOutbox _outbox = new(
        parts.Id,
        () => loop.StoredEpoch,
        (campaign, report) => parts.Peers.Campaign(campaign).LearnedAsync(report),
        e => parts.Log.WorkFailed(LogLevel.Debug, parts.Id, "tell a campaign what was learned", e),
        parts.Host.Times.Report,
        parts.Host.Time);

    /// <summary>No attempt is under way, and every device and campaign has heard of the ends or cannot be reached.</summary>
    public bool Settled => _attempts.Count == 0 && _outbox.IsEmpty;

    /// <summary>Attempts that have not ended, those that only listen included.</summary>
    public int UnderWay => _attempts.Count(static attempt => !attempt.Over);

    /// <summary>Bytes per second over all of them.</summary>
    public double Rate => _attempts.Sum(static attempt => attempt.Over ? 0 : attempt.Rate);

    public ImmutableArray<LiveTransfer> Show() => [.. _attempts.Where(static attempt => !attempt.Over).Select(static attempt => attempt.Show())];

    public TimeSpan? ProtectedFor(AdapterState state) => Planning.ProtectedFor(
        from attempt in _attempts
        where !attempt.Over && state.Slots.Contains(attempt.Key.Slot)
        select (attempt.Device, attempt.Traits, attempt.Rate));

    public AttemptAnswer Begin(AttemptOrder order)
    {
        var device = order.Device;
        var key = new AttemptKey(order.Place.Campaign, new(device.Id, device.Attempt));
        if (_attempts.Find(attempt => attempt.Key == key) is { } known)
        {
            if (known.Over) known.Reporter.Again();
            return known.Over ? AttemptAnswer.Ended : AttemptAnswer.Running;
        }

        if (parts.Ended.TryGet(key, out var end))
        {
            OwnWork.Run(parts.Log, "report an end again", parts.Id, () => RepeatAsync(key, end)); // the device asks again
            return AttemptAnswer.Ended;
        }

        var isMine = device.Adapter == parts.Id && device.AdapterEpoch == loop.State.Epoch;
        if (!loop.TakesAttempts || loop.Leaving || !isMine || !device.Running || device.Heard is null || loop.State.Free == 0) return AttemptAnswer.Refused;
        if (_attempts.Exists(attempt => attempt.Key.Slot.Device == device.Id && !attempt.Over))
        {
            // The device gave up an attempt that has not ended here: no other may begin before it has. An order that comes late ends nothing.
            foreach (var other in _attempts.Where(attempt => attempt.Key.Slot.Device == device.Id && attempt.Key.Slot.Attempt <= device.Attempt).ToArray())
                Stop(other, DfuError.Interrupted);
            return AttemptAnswer.Refused;
        }

        var began = Create(order);
        _attempts.Add(began);
        TakeSlot(began);
        OwnWork.Run(parts.Log, "begin an attempt", parts.Id, () => BeginAsync(began), LogLevel.Error);
        return AttemptAnswer.Running;
    }

    public void Stop(AttemptStop stop)
    {
        if (Find(stop.Attempt) is not { } attempt) return;
        if (attempt.Over) attempt.Reporter.Again();
        else Stop(attempt, stop.Reason);
    }

    public void Stop(AdapterSlot slot, DfuError reason)
    {
        foreach (var attempt in _attempts.Where(attempt => attempt.Key.Slot == slot).ToArray()) Stop(attempt, reason);
    }

    public void StopAll(DfuError reason)
    {
        foreach (var attempt in _attempts.ToArray()) Stop(attempt, reason);
    }

    /// <summary>The attempt only listens, or not any more; its own word counts, for calls may come late.</summary>
    public void LendOrRetake(AttemptName name)
    {
        if (Find(name) is not { Over: false } attempt) return;
        if (attempt.Device.Phase == DevicePhase.Verifying) FreeSlot(attempt);
        else TakeSlot(attempt);
    }

    public void Take(AdapterAttempt attempt, DeviceEvent e, TaskCompletionSource? durable)
    {
        if (e is DeviceEvent.Resumed { Record.Diagnosis: not Diagnosis.Fresh } resumed) Tell(attempt, resumed.Record);
        var before = attempt.Device;
        var ofSlot = attempt.Take(e, parts.Host.Policy.For(attempt.Order.Place.Limits));
        if (!attempt.Over) goodput.Follow(before, attempt.Device);
        attempt.Reporter.Add(e, durable, urgent: ofSlot);
    }

    public void Take(AdapterAttempt attempt, CampaignEvent e)
    {
        if (e is CampaignEvent.TraitsLearned learned)
            attempt.Traits = learned.Traits.Keeps == Keeps.Unknown
                ? learned.Traits with { Keeps = attempt.Traits.Keeps }
                : learned.Traits;
        _outbox.Add(attempt.Key.Campaign, e, urgent: loop.Stopping);
    }

    public void End(AdapterAttempt attempt, DeviceEvent.Ended e)
    {
        if (attempt.Over) return;
        attempt.Over = true;
        attempt.Lease.Dispose();
        var now = parts.Host.Time.GetUtcNow();
        e = e with { AdapterServedOthers = loop.State.ServesOthers(attempt.Device.Id, now) };
        goodput.Ended(attempt.Device.Id, e.Error);
        var slot = attempt.Key.Slot;
        using (TracedLines.Of(attempt.Trace))
        {
            if (e.Error == DfuError.None) parts.Updates.AttemptWentWell(parts.Id, slot.Attempt, slot.Device);
            else parts.Updates.AttemptEnded(parts.Id, slot.Attempt, slot.Device, e.Error, e.Detail);
        }

        loop.Apply(new AdapterEvent.AttemptEnded(attempt.Epoch, loop.State.Turn + 1, e.Error, now));
        FreeSlot(attempt);
        if (attempt.MayProbe) _outbox.Add(attempt.Key.Campaign, new CampaignEvent.ProbeEnded(slot.Device, slot.Attempt), urgent: true);
        parts.Ended.Add(attempt.Key, e);
        attempt.Reporter.Add(e);
        if (attempt.Reporter.Settled) _attempts.Remove(attempt);
        else OwnWork.Run(parts.Log, "give up an end that cannot be reported", parts.Id, () => GiveUpAsync(attempt), LogLevel.Error);
    }

    /// <param name="elapsed">Since the last time.</param>
    /// <param name="next">Until the next time.</param>
    public void Tick(TimeSpan elapsed, TimeSpan next)
    {
        foreach (var attempt in _attempts.ToArray())
        {
            if (!attempt.Over) attempt.Measure(elapsed);
            attempt.Reporter.Tick(next);
        }

        _outbox.Tick(everything: loop.Stopping);
    }

    private void Tell(AdapterAttempt attempt, ResumeRecord found)
    {
        using var about = TracedLines.Of(attempt.Trace);
        var slot = attempt.Key.Slot;
        parts.Updates.Resumed(parts.Id, slot.Attempt, slot.Device, found.Held, found.Stored, found.Diagnosis.Code());
    }

    private void TakeSlot(AdapterAttempt attempt) =>
        loop.Apply(new AdapterEvent.SlotTaken(attempt.Epoch, loop.State.Turn + 1, attempt.Key.Slot.Device, attempt.Key.Slot.Attempt));

    private void FreeSlot(AdapterAttempt attempt) => loop.Apply(new AdapterEvent.SlotFreed(
        attempt.Epoch, loop.State.Turn + 1, attempt.Key.Slot.Device, attempt.Key.Slot.Attempt, parts.Host.Time.GetUtcNow()));

    private AdapterAttempt? Find(AttemptName name) =>
        _attempts.Find(attempt => attempt.Epoch == name.Epoch && attempt.Key.Slot == new AdapterSlot(name.Device, name.Attempt));

    private void Stop(AdapterAttempt attempt, DfuError reason)
    {
        if (attempt.Over) return;
        attempt.Stop(reason);
        if (!attempt.HasBegun) EndUnbegun(attempt, reason, "");
    }

    private void EndUnbegun(AdapterAttempt attempt, DfuError error, string detail)
    {
        if (!attempt.Over) FleetMetrics.AttemptGivenUp(parts.Source.Id, error);
        End(attempt, new(attempt.Key.Slot.Attempt, error, detail, false, attempt.Traffic.Read(), parts.Host.Time.GetUtcNow()));
    }

    private AdapterAttempt Create(AttemptOrder order)
    {
        var (host, device) = (parts.Host, order.Device);
        var traffic = Count(order.Place.Campaign, device.Id);
        traffic.AtLeast(device.Traffic);
        AdapterAttempt? attempt = null;
        var lease = new AttemptLease(host.Times.Lease, host, () =>
        {
            WaitMetrics.LeaseLost(parts.Source.Id);
            Volatile.Read(ref attempt)?.Expire();
            loop.Post(() => Stop(attempt!, DfuError.Interrupted));
        });
        var reporter = new AttemptReporter(
            parts.Peers.Device(device.Id).ReportAsync, device.Attempt, traffic.Read, host.Times.Report, host.Time, host.Wall)
        {
            Accepted = sent =>
            {
                WaitMetrics.LeaseRenewed(host.Time.GetElapsedTime(sent.Timestamp));
                if (!attempt!.Over) lease.Renew(sent);
            },
            Refused = () => Stop(attempt!, DfuError.Interrupted),
            Failed = e => parts.Log.WorkFailed(LogLevel.Debug, parts.Id, "report to a device", e),
            WhenSettled = () =>
            {
                if (!attempt!.Over) return;
                _attempts.Remove(attempt);
                loop.Post(static () => { }); // the loop may wait for the last attempt to settle
            },
        };
        Volatile.Write(ref attempt, new AdapterAttempt(order, traffic, host.OnRadio) { Lease = lease, Reporter = reporter });
        return attempt!;
    }

    /// <summary>No update fails for its byte count: one that this host cannot keep is kept by the device with each report.</summary>
    private ITrafficSlot Count(string campaign, BluetoothAddress device)
    {
        try
        {
            return parts.Host.Ledger(campaign).Slot(device);
        }
        catch (Exception e) when (e is DfuException or IOException or UnauthorizedAccessException)
        {
            parts.Log.NotCounted(parts.Id, device, e);
            return new InMemoryTrafficLedger().Slot(device);
        }
    }

    private async Task BeginAsync(AdapterAttempt attempt)
    {
        try
        {
            // An order may have been on its way for so long that the device has given it up: no radio is used before the device accepts a report.
            attempt.Reporter.Again();
            var (package, knowledge) = await _preparation.PrepareAsync(attempt);
            await attempt.Reporter.FirstAnswer;
            if (!attempt.Over) Run(attempt, package, knowledge);
        }
        catch (DfuException e)
        {
            EndUnbegun(attempt, e.Error, e.Message);
        }
        catch (PeerUnreachableException e)
        {
            parts.Log.WorkFailed(LogLevel.Debug, parts.Id, "prepare an attempt", e);
            EndUnbegun(attempt, DfuError.Interrupted, $"its campaign or its package could not be asked for: {e.Message}");
        }
        catch (Exception e)
        {
            parts.Log.WorkFailed(LogLevel.Error, parts.Id, "prepare an attempt", e);
            EndUnbegun(attempt, DfuError.Unexpected, $"{e.GetType().Name}: {e.Message}");
        }
    }

    private void Run(AdapterAttempt attempt, DfuPackage package, CampaignKnowledge knowledge)
    {
        var (host, slot) = (parts.Host, attempt.Key.Slot);
        if (!attempt.Lease.Holds) throw new DfuException(DfuError.Interrupted, "its host stood still before it began");
        var radio = radios.OpenedAs(attempt.Epoch) ?? throw new DfuException(DfuError.Interrupted, "its adapter went away before it began");
        attempt.Traits = knowledge.Traits;
        var run = new AttemptRun(slot.Device, slot.Attempt, radio, attempt.Traffic, new AttemptToLoop(attempt, this, loop), host.Time)
        {
            Entitled = () => attempt.Lease.Holds,
        };
        var order = UpdateOrders.For(attempt.Device, package, knowledge, host.Policy.Transfer) with
        {
            TraceParent = attempt.Order.Place.TraceParent,
            Passport = attempt.Order.Passport,
            Finish = attempt.Order.Place.Finish,
            Force = attempt.Order.Place.Force || attempt.Device.Forced,
        };
        attempt.Began(run);
        using (TracedLines.Of(order.TraceParent)) parts.Updates.AttemptBegins(parts.Id, slot.Attempt, slot.Device);
        host.OnRadio(() => Background.Run("run an attempt", run.RunAsync(host.Runner, order, host.Policy.Link)));
    }

    private async Task RepeatAsync(AttemptKey key, DeviceEvent.Ended end)
    {
        var device = parts.Peers.Device(key.Slot.Device);
        await device.ReportAsync(new() { Attempt = key.Slot.Attempt, Events = [end], Traffic = end.Traffic });
    }

    private async Task GiveUpAsync(AdapterAttempt attempt)
    {
        await Task.Delay(parts.Host.Times.GiveUpEnd, parts.Host.Time, CancellationToken.None);
        attempt.Reporter.Abandon();
    }
}
