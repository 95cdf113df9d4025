using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Turns;
using Dfu.Protocol.Links;
using Microsoft.Extensions.Logging;

namespace Dfu.Fleet.Shells.Devices;

/// <summary>Carries a device's effects to its peers. No turn waits for them: what fails is outstanding and comes again.</summary>
/// <remarks>For the activation's scheduler only. What others answer changes the device in a turn of its own.</remarks>
/// <param name="turn">Has something happen in a turn of its own.</param>
internal sealed class DeviceCalls(IActivation activation, DeviceShell shell, Func<Action, Task> turn, Action setAlarm)
{
    private readonly HashSet<DeviceEffect> _underWay = [];
    private DeviceRecord? _toTell;
    private DeviceRecord? _telling;

    /// <summary>Does nothing while the same effect is under way.</summary>
    public void Carry(DeviceEffect effect, DeviceRecord record)
    {
        if (effect is DeviceEffect.ReportOutcome) Tell();
        else if (_underWay.Add(effect)) OwnWork.Run(activation.Log, "carry out an effect", record.Device.Id, () => CarryAsync(effect, record));
    }

    /// <summary>Tells the campaign of the device as it is stored. One call at a time, so that none overtakes another.</summary>
    public void Tell()
    {
        if (shell.Saved is not { } saved || ReferenceEquals(saved, _telling)) return;
        _toTell = saved;
        if (_telling is null) OwnWork.Run(activation.Log, "tell its campaign", saved.Device.Id, TellAsync, LogLevel.Error);
    }

    private async Task CarryAsync(DeviceEffect effect, DeviceRecord record)
    {
        Task turn;
        try
        {
            turn = await CallAsync(effect, record);
        }
        finally
        {
            _underWay.Remove(effect);
        }

        await turn;
    }

    /// <returns>The turn in which the device takes note of the answer.</returns>
    private async Task<Task> CallAsync(DeviceEffect effect, DeviceRecord record)
    {
        var device = record.Device.Id;
        switch (effect)
        {
            case DeviceEffect.RequestSlot:
                var air = await activation.Peers.Scheduler.WaitingAsync(
                    new() { Campaign = record.Campaign, Device = record.Device, At = activation.Host.Time.GetUtcNow() });
                if (air.Accepted > shell.State?.Attempt)
                {
                    activation.End("another activation of it has begun an attempt");
                    return Task.CompletedTask;
                }

                shell.Asked(air.Known);
                setAlarm();
                return air.Known && shell.Decides(air) ? turn(() => shell.Wait(air)) : Task.CompletedTask;
            case DeviceEffect.StartAttempt start:
                var answer = await Adapter(start.Adapter).BeginAsync(new() { Device = record.Device, Place = PlaceOf(record), Passport = record.Passport });
                return answer == AttemptAnswer.Refused ? turn(() => shell.Answered(start.Attempt, answer)) : Task.CompletedTask;
            case DeviceEffect.StopAttempt stop:
                await Adapter(stop.Adapter).StopAttemptAsync(new() { Attempt = Name(device, stop.Attempt, stop.Epoch), Reason = stop.Reason });
                break;
            case DeviceEffect.LendSlot lend:
                await Adapter(lend.Adapter).LendSlotAsync(Name(device, lend.Attempt, lend.Epoch));
                break;
            case DeviceEffect.RetakeSlot retake:
                await Adapter(retake.Adapter).RetakeSlotAsync(Name(device, retake.Attempt, retake.Epoch));
                break;
            case DeviceEffect.ServedElsewhere served:
                await Adapter(served.Adapter).ServedElsewhereAsync(Name(device, served.Attempt, served.Epoch));
                break;
        }

        return Task.CompletedTask;
    }

    private async Task TellAsync()
    {
        while (_toTell is { } record)
        {
            (_telling, _toTell) = (record, null);
            var campaign = activation.Peers.Campaign(record.Campaign);
            var ended = record.Device.Phase == DevicePhase.Done;
            try
            {
                await (ended ? campaign.DeviceEndedAsync(record.Device) : campaign.DeviceChangedAsync(record.Device));
                Acknowledge(record);
            }
            catch (KeyNotFoundException)
            {
                // The campaign is gone: no one is left to be told.
                Acknowledge(record);
            }
            catch (Exception e)
            {
                activation.Log.WorkFailed(LogLevel.Debug, record.Device.Id, ended ? "tell its campaign that it ended" : "tell its campaign", e);
            }
        }

        _telling = null;
    }

    private void Acknowledge(DeviceRecord record)
    {
        shell.Acknowledged(record.Device);
        setAlarm();
    }

    private IAdapterPeer Adapter(string id) => activation.Peers.Adapter(id);

    private static AttemptName Name(BluetoothAddress device, int attempt, int epoch) => new() { Device = device, Attempt = attempt, Epoch = epoch };

    private static CampaignPlace PlaceOf(DeviceRecord record) => new()
    {
        Campaign = record.Campaign,
        PackageId = record.PackageId,
        Only = record.Only,
        ImageSizes = record.Device.ImageSizes,
        TraceParent = record.UpdateTrace,
        Limits = record.Limits,
        Finish = record.Finish,
        Force = record.Force || record.Device.Forced,
        Label = record.Device.Label,
    };
}
