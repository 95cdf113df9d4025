using Dfu.Protocol.Packages;

namespace Dfu.Fleet.Devices;

/// <summary>What events teach of a device for good.</summary>
public static class DevicePassports
{
    /// <param name="wall">Now, by the clock on the wall.</param>
    /// <returns>The same passport when there is nothing new.</returns>
    public static DevicePassport After(
        DevicePassport passport, DeviceState before, DeviceState after, DeviceEvent e, string packageId, DateTimeOffset wall)
    {
        if (ReferenceEquals(before, after)) return passport;
        var next = passport;
        var wear = after.LifetimeWear - before.LifetimeWear;
        if (wear != default) next = next with { Wear = next.Wear + wear };
        if (after.Label is { } label && label != next.Label) next = next with { Label = label };
        if (e is DeviceEvent.Told told) next = Told(next, told);
        if (e is DeviceEvent.LastExecute) next = next with { Check = FinishCheck.None }; // from here on it may run the new image
        for (var i = 0; i < after.Images.Length; i++)
        {
            if (after.Images[i] is { Activated: true, Identity: { } image } && !before.Images[i].Activated) next = Take(next, image, packageId, wall);
        }

        if (after.Phase != DevicePhase.Done || before.Phase == DevicePhase.Done) return next;
        return after.Outcome switch
        {
            DeviceOutcome.Updated => next with { Check = after.Finish.Check, Revision = after.Finish.FirmwareRevision },
            DeviceOutcome.Failed => next with { Failures = next.Failures + 1 },
            _ => next,
        };
    }

    /// <summary>An application that says something else than the images did that it was given is another one: somebody else has changed the device.</summary>
    private static DevicePassport Told(DevicePassport passport, DeviceEvent.Told told)
    {
        var next = passport with { Revision = told.Revision, HardwareRevision = told.HardwareRevision };
        if (told.Revision != passport.Revision && !passport.Images.IsEmpty) next = next with { Images = [], Check = FinishCheck.None };
        if (passport.HardwareRevision is { } hardware && hardware != told.HardwareRevision) next = next with { HwVersion = null, SoftDevice = null };
        return next;
    }

    private static DevicePassport Take(DevicePassport passport, ImageIdentity image, string packageId, DateTimeOffset wall)
    {
        var known = new KnownImage(image.Type, image.Version, image.Sha256, packageId, wall);
        var isApplication = image.Type == ImageType.Application;
        return passport with
        {
            Images = [.. passport.Images.Where(old => !Replaces(image.Type, old.Type)), known],
            HwVersion = image.HwVersion ?? passport.HwVersion,
            SoftDevice = image.SoftDevice ?? passport.SoftDevice,
            TakesLowerVersions = passport.TakesLowerVersions || (isApplication && passport.Application?.Version > image.Version),
            Revision = isApplication ? null : passport.Revision,
            Check = FinishCheck.None,
        };
    }

    private static bool Replaces(ImageType image, ImageType old) => image == old || (image, old) switch
    {
        (ImageType.SoftDeviceBootloader, ImageType.SoftDevice or ImageType.Bootloader) => true,
        (ImageType.SoftDevice or ImageType.Bootloader, ImageType.SoftDeviceBootloader) => true,
        _ => false,
    };
}
