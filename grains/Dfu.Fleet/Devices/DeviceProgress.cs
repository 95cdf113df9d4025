using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Devices;

/// <summary>What an attempt's reports say about the images of a device.</summary>
public static class DeviceProgress
{
    public const int ResumesKept = 50;

    internal static DeviceState With(DeviceState state, int image, Func<ImageProgress, ImageProgress> change) =>
        state with { Images = state.Images.SetItem(image, change(state.Images[image])) };

    internal static DeviceState Confirm(DeviceState state, DeviceEvent.Confirmed c) =>
        With(state.Counting(c.Traffic), c.Image, image => image with { Confirmed = c.Offset, Crc = c.Crc }) with
        {
            AttemptFruitful = state.AttemptFruitful || c.Image > state.Image || c.Offset > state.AttemptBase,
            BootloaderUntil = c.At + DeviceMachine.Inactivity,
        };

    /// <summary>An application that was taken for the device's own, below its bootloader's address, is not that any more.</summary>
    internal static DeviceState Mistake(DeviceState state, BluetoothAddress address)
    {
        if (state.Strangers.Contains(address)) return state;
        var next = state with { Strangers = state.Strangers.Add(address) };
        return !state.Settled && address == state.Application && address != state.Id ? next with { Application = state.Id, Bootloader = null } : next;
    }

    /// <summary>Takes over what the device turned out to hold; that it holds anything shows that the last EXECUTE was not carried out.</summary>
    internal static DeviceState Resume(DeviceState state, int image, ResumeRecord record)
    {
        var next = state with { AttemptBase = record.Held };

        // A first start is no resume: reports list what a reconnect found.
        if (record.Diagnosis != Diagnosis.Fresh)
        {
            next = next with { Resumes = [.. state.Resumes.TakeLast(ResumesKept - 1), record], ResumeTotals = state.ResumeTotals.With(record) };
        }

        return record.Diagnosis switch
        {
            Diagnosis.ProbablyActivated => next,
            Diagnosis.Corrupt => With(next, image, progress => Hold(progress, record.Held == 0 ? 0 : progress.Confirmed)), // 0 where it starts over
            Diagnosis.InsideObject => With(next, image, progress => Hold(progress, Math.Min(progress.Confirmed, record.Kept))),
            Diagnosis.Fresh or Diagnosis.SavesNothing or Diagnosis.OtherUpdate or Diagnosis.VerificationRestart =>
                With(next, image, progress => Hold(progress, 0)),
            _ => With(next, image, progress => Hold(progress, record.Held)),
        };
    }

    internal static DeviceState Activate(DeviceState state, DeviceEvent.ImageActivated a)
    {
        if (state.Images[a.Image].IsThere) return state;
        var next = With(state, a.Image, image => image with { Activated = true, Confirmed = state.ImageSizes[a.Image], LastExecuteSent = true });
        var more = a.Image + 1 < state.Images.Length;
        var pages = (int)((state.ImageSizes[a.Image] + 4095) / 4096);
        return next with
        {
            Costs = next.Costs.Activated(pages, copied: state.HadApplication, last: !more),
            Image = more ? a.Image + 1 : a.Image,
            AttemptBase = 0,
            AttemptFruitful = true,
            ActivatedAt = more ? state.ActivatedAt : a.At,
            BootloaderUntil = !more ? null : a.At + (a.SoftDevicePart ? DeviceMachine.Continuation : DeviceMachine.Inactivity),
        };
    }

    /// <summary>Nothing of the image was sent. That the device need not be asked again is a gain.</summary>
    internal static DeviceState Pass(DeviceState state, DeviceEvent.ImagePassed p)
    {
        if (state.Images[p.Image].IsThere) return state;
        var passed = new PassedOver(p.Error, p.Detail, p.Note);
        var next = With(state, p.Image, image => image with { Passed = passed, Confirmed = 0, Crc = 0, Saved = 0, LastExecuteSent = false });
        return next with { Image = p.Image + 1, AttemptBase = state.Images[p.Image + 1].Confirmed, AttemptFruitful = true };
    }

    internal static DeviceState StartOver(DeviceState state, DeviceEvent.Restarted r) =>
        With(state, r.Image, static image => image with { RestartedAfterVerification = true, LastExecuteSent = false, Confirmed = 0, Crc = 0, Saved = 0 }) with
        {
            AttemptBase = 0,
            BootloaderUntil = r.At + DeviceMachine.Inactivity,
        };

    private static ImageProgress Hold(ImageProgress progress, long held) => progress with
    {
        Confirmed = held,
        Crc = progress.Confirmed == held ? progress.Crc : 0,
        Saved = Math.Min(progress.Saved, held),
        LastExecuteSent = false,
    };
}
