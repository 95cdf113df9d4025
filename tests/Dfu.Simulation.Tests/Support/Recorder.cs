using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;

namespace Dfu.Simulation.Tests.Support;

/// <summary>What one device's attempts reported, and the durable facts a shell would hand to the next attempt.</summary>
internal sealed class Recorder : IUpdateObserver
{
    public List<ResumeRecord> Resumes { get; } = [];
    public List<(DfuError Error, string Note)> Passed { get; } = [];
    public List<UpdatePhase> Phases { get; } = [];
    public int Image { get; private set; }
    public long Sent { get; private set; }
    public long Confirmed { get; private set; }
    public long SavedAt { get; private set; }
    public int Saves { get; private set; }
    public int Restarts { get; private set; }
    public bool LastExecuteSent { get; private set; }
    public BootloaderTraits Traits { get; set; } = new();

    /// <summary>Everything that was ever believed of what the bootloader keeps.</summary>
    public HashSet<Keeps> Believed { get; } = [];
    public List<BluetoothAddress> Strangers { get; } = [];
    public BluetoothAddress Application { get; private set; }
    public BluetoothAddress Bootloader { get; private set; }

    /// <summary>The high-water mark of what was sent of the present image.</summary>
    public long Reached { get; private set; }

    public Action? OnLastExecute { get; set; }

    public TransferHint NextHint(TransferHint hint) => hint with
    {
        Confirmed = Confirmed,
        Saved = SavedAt,
        ResumedAt = Resumes is [.., var last] ? last.Held : null,
        LastExecuteSent = LastExecuteSent,
        Traits = Traits,
        Probe = false,
    };

    public void PhaseChanged(UpdatePhase phase) => Phases.Add(phase);

    public void Identified(BluetoothAddress application, BluetoothAddress bootloader) => (Application, Bootloader) = (application, bootloader);

    public void Mistaken(BluetoothAddress address) => Strangers.Add(address);

    public void ImageStarted(int image) => Image = image;

    public void Linked(int mtu, TimeSpan? interval)
    {
    }

    public void Resumed(ResumeRecord record) => Resumes.Add(record);

    void IUpdateObserver.Sent(int image, long offset, int count)
    {
        Sent += count;
        Reached = Math.Max(Reached, offset + count);
    }

    void IUpdateObserver.Confirmed(int image, long offset, uint crc)
    {
        Confirmed = offset;
        LastExecuteSent = false;
    }

    void IUpdateObserver.Saved(int image, long offset)
    {
        SavedAt = offset;
        Saves++;
    }

    public void TraitsLearned(BootloaderTraits traits)
    {
        Traits = traits;
        Believed.Add(traits.Keeps);
    }

    public Task LastExecuteAsync(int image, CancellationToken cancellationToken)
    {
        LastExecuteSent = true;
        OnLastExecute?.Invoke();
        return Task.CompletedTask;
    }

    public Task ImageActivatedAsync(int image, CancellationToken cancellationToken)
    {
        Image = image + 1;
        (Confirmed, SavedAt, Reached, LastExecuteSent) = (0, 0, 0, false);
        return Task.CompletedTask;
    }

    public Task ImagePassedAsync(int image, DfuError error, string detail, string note, CancellationToken cancellationToken)
    {
        Image = image + 1;
        (Confirmed, SavedAt, Reached, LastExecuteSent) = (0, 0, 0, false);
        Passed.Add((error, note));
        return Task.CompletedTask;
    }

    public Task RestartedAsync(int image, CancellationToken cancellationToken)
    {
        Restarts++;
        (Confirmed, SavedAt, LastExecuteSent) = (0, 0, false);
        return Task.CompletedTask;
    }
}
