using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Updates;

/// <summary>Where an attempt tells what happened; everything it says is about the image that <see cref="ImageStarted"/> named last.</summary>
public interface IUpdateObserver
{
    void PhaseChanged(UpdatePhase phase);

    /// <summary>Addresses turned out by connecting: which is the application's and which the bootloader's.</summary>
    void Identified(BluetoothAddress application, BluetoothAddress bootloader);

    /// <summary>The application was asked what it is, before it is sent to its bootloader.</summary>
    void Told(ApplicationInformation information)
    {
    }

    /// <summary>Whether the new application says what it is.</summary>
    void ApplicationTells(bool tells)
    {
    }

    /// <summary>An application answered at this address, where the device's bootloader was expected. It was not written to.</summary>
    void Mistaken(BluetoothAddress address);

    void ImageStarted(int image);

    /// <summary>A link to the bootloader is open: its MTU, and its interval when known.</summary>
    void Linked(int mtu, TimeSpan? interval);

    void Resumed(ResumeRecord record);

    /// <summary>What the time goes to from now on, where that is more than the phase says; until the next of either.</summary>
    void Doing(TimeUse use)
    {
    }

    /// <summary>See <see cref="ITransferObserver.Erased"/>.</summary>
    void Erased(int pages, int settings)
    {
    }

    void Sent(int image, long offset, int count);

    void Confirmed(int image, long offset, uint crc);

    void Saved(int image, long offset);

    void TraitsLearned(BootloaderTraits traits);

    /// <summary>Durable when it returns.</summary>
    Task LastExecuteAsync(int image, CancellationToken cancellationToken);

    /// <summary>The image was accepted and activated, or is being activated; durable when it returns.</summary>
    Task ImageActivatedAsync(int image, CancellationToken cancellationToken);

    /// <summary>The image was refused, and the next one is tried instead; durable when it returns. See <see cref="Devices.DeviceEvent.ImagePassed"/>.</summary>
    Task ImagePassedAsync(int image, DfuError error, string detail, string note, CancellationToken cancellationToken);

    /// <summary>The device refused the hash although every CRC was right and the image starts over; durable when it returns.</summary>
    Task RestartedAsync(int image, CancellationToken cancellationToken);
}
