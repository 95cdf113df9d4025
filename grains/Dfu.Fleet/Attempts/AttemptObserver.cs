using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Telemetry;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Attempts;

/// <summary>Turns an attempt's reports into events with its number, and drops them when the attempt is over.</summary>
internal sealed class AttemptObserver(
    AttemptRun run, IAttemptReports reports, DfuPackage package, AttemptTelemetry telemetry, AttemptMeter meter, TimeProvider time) : IUpdateObserver
{
    private int _image;

    public void PhaseChanged(UpdatePhase phase)
    {
        telemetry.Enter(phase);
        meter.Enter(phase);
        Post(new DeviceEvent.PhaseChanged(run.Attempt, ToDevicePhase(phase), time.GetUtcNow()));
    }

    public void Identified(Protocol.Links.BluetoothAddress application, Protocol.Links.BluetoothAddress bootloader) =>
        Post(new DeviceEvent.Identified(run.Attempt, application, bootloader));

    public void Mistaken(Protocol.Links.BluetoothAddress address) => Post(new DeviceEvent.Mistaken(run.Attempt, address));

    public void ImageStarted(int image)
    {
        _image = image;
        telemetry.ImageStarted(image);
        Post(new DeviceEvent.ImageStarted(run.Attempt, image));
    }

    public void Told(ApplicationInformation information) =>
        Post(new DeviceEvent.Told(run.Attempt, information.Revision, information.HardwareRevision));

    public void ApplicationTells(bool tells)
    {
        if (!run.Fenced) reports.Campaign(new CampaignEvent.ApplicationTold(tells));
    }

    public void Doing(TimeUse use) => meter.Enter(use);

    public void Erased(int pages, int settings) => meter.Erased(pages, settings);

    public void Linked(int mtu, TimeSpan? interval) => telemetry.Linked(mtu, interval);

    public void Resumed(ResumeRecord record)
    {
        telemetry.Resumed(record);
        Post(new DeviceEvent.Resumed(run.Attempt, _image, record));
    }

    public void Sent(int image, long offset, int count) => telemetry.Sent(image, offset, count);

    public void Confirmed(int image, long offset, uint crc)
    {
        var cost = meter.Read();
        telemetry.Confirmed(offset);
        if (!run.Fenced) telemetry.Spent(cost.Time);
        Post(new DeviceEvent.Confirmed(run.Attempt, image, offset, crc, run.Traffic.Read(), time.GetUtcNow()) { Cost = cost });
    }

    public void Saved(int image, long offset)
    {
        telemetry.Saved(offset);
        Post(new DeviceEvent.Saved(run.Attempt, image, offset));
    }

    public void TraitsLearned(BootloaderTraits traits)
    {
        if (run.Fenced) return;
        reports.Campaign(new CampaignEvent.TraitsLearned(run.Device, traits));
        Post(new DeviceEvent.ClassLearned(run.Attempt, ClassKey.Of(package.Images[_image].HwVersion, traits)));
    }

    public Task LastExecuteAsync(int image, CancellationToken cancellationToken) =>
        PostDurableAsync(
            new DeviceEvent.LastExecute(run.Attempt, image, time.GetUtcNow()) { Cost = meter.Read(), Identity = ImageIdentity.Of(package.Images[image]) },
            cancellationToken);

    public Task ImageActivatedAsync(int image, CancellationToken cancellationToken)
    {
        var softDevice = package.Images[image].Type is ImageType.SoftDevice or ImageType.SoftDeviceBootloader;
        return PostDurableAsync(new DeviceEvent.ImageActivated(run.Attempt, image, softDevice, time.GetUtcNow()), cancellationToken);
    }

    public Task ImagePassedAsync(int image, DfuError error, string detail, string note, CancellationToken cancellationToken) =>
        PostDurableAsync(new DeviceEvent.ImagePassed(run.Attempt, image, error, detail, note, time.GetUtcNow()), cancellationToken);

    public Task RestartedAsync(int image, CancellationToken cancellationToken) =>
        PostDurableAsync(new DeviceEvent.Restarted(run.Attempt, image, time.GetUtcNow()), cancellationToken);

    private static DevicePhase ToDevicePhase(UpdatePhase phase) => phase switch
    {
        UpdatePhase.Connecting or UpdatePhase.Reading => DevicePhase.Connecting,
        UpdatePhase.Jumping => DevicePhase.Jumping,
        UpdatePhase.Reconciling => DevicePhase.Reconciling,
        UpdatePhase.SendingInit => DevicePhase.SendingInit,
        UpdatePhase.Sending => DevicePhase.Sending,
        UpdatePhase.Saving => DevicePhase.Saving,
        UpdatePhase.Activating => DevicePhase.Activating,
        UpdatePhase.Verifying => DevicePhase.Verifying,
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, null),
    };

    private void Post(DeviceEvent e)
    {
        if (!run.Fenced) reports.Device(e);
    }

    private Task PostDurableAsync(DeviceEvent e, CancellationToken cancellationToken) => run.Fenced
        ? Task.FromException(new OperationCanceledException("the attempt is over"))
        : reports.DurableAsync(e, cancellationToken);
}
