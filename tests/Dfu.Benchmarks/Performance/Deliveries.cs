using Dfu.Adapters;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Benchmarks.Performance;

/// <summary>What transfers to one class of devices have taught, as a campaign keeps it.</summary>
internal sealed class Lessons
{
    public BootloaderTraits Traits { get; set; } = new();
    public int Drops { get; set; }
    public TimeSpan LinkTime { get; set; }

    public TransferHint Hint => new()
    {
        Traits = Traits,
        LinkTimeObserved = LinkTime,
        MeanTimeBetweenDrops = Drops == 0 ? null : LinkTime / Drops,
    };

    /// <summary>Transfers to such a bootloader, until there is nothing left to learn of it.</summary>
    public static Lessons Of(VirtualDeviceOptions device, LinkModel link, DfuImage image)
    {
        var lessons = new Lessons();
        for (var i = 0; i < 4; i++) Delivery.Run(device, link, image, lessons);
        lessons.Traits = lessons.Traits with { Keeps = device.Profile.SaveProgress ? Keeps.Objects : Keeps.Nothing };
        (lessons.LinkTime, lessons.Drops) = (TimeSpan.Zero, 0);
        return lessons;
    }
}

/// <summary>How one image came to one device, over as many links as it took.</summary>
/// <param name="Took">From the first link's opening to the last answer, or to the last link's end where that was lost.</param>
/// <param name="Created">When each CREATE(data) was written, from the first link's opening.</param>
internal sealed record Delivery(TimeSpan Took, IReadOnlyList<TimeSpan> Created, IReadOnlyList<TimeSpan> Saves, long Bytes, int Links)
{
    public static readonly BluetoothAddress Address = BluetoothAddress.Parse("C0:98:76:54:32:10");

    public static VirtualDeviceOptions Device(bool saving = false, bool deaf = false) => new()
    {
        ApplicationAddress = Address,
        Profile = saving ? BootloaderProfile.Sdk17Saving : BootloaderProfile.Sdk17,
        RadioDeafDuringErase = deaf,
        RequireSigned = false,
    };

    /// <param name="lessons">What is known; grows by what this delivery shows.</param>
    /// <param name="wrap">Around each link.</param>
    public static Delivery Run(
        VirtualDeviceOptions options,
        LinkModel model,
        DfuImage image,
        Lessons lessons,
        TransferOptions? transfer = null,
        Func<IDfuLink, VirtualTime, IDfuLink>? wrap = null,
        int seed = 1)
    {
        var time = new VirtualTime();
        return time.Run(async () =>
        {
            using var air = new SimulatedAir(time, model, seed);
            var device = air.Add(options);
            await using var adapter = await air.CreateAdapter("sim", new AdapterModel()).OpenAsync(CancellationToken.None);
            var observer = new Learner { Traits = lessons.Traits };
            var (created, saves) = (new List<TimeSpan>(), new List<TimeSpan>());
            long? began = null;
            for (var links = 1; ; links++)
            {
                var inner = await adapter.ConnectAsync(device.BootloaderAddress, AddressType.Random, new LinkOptions(), CancellationToken.None);
                var opened = time.GetTimestamp();
                began ??= opened;
                await using var link = new WatchedLink(wrap?.Invoke(inner, time) ?? inner, () => time.GetElapsedTime(began.Value), created, saves);
                var hint = lessons.Hint with { Traits = observer.Traits, Confirmed = observer.At, Saved = observer.SavedAt, ResumedAt = observer.ResumedAt };
                try
                {
                    await ImageTransfer.RunAsync(link, image, hint, observer, transfer ?? new TransferOptions(), time, CancellationToken.None);
                    lessons.LinkTime += time.GetElapsedTime(opened);
                    lessons.Traits = observer.Traits;
                    return new Delivery(time.GetElapsedTime(began.Value), created, saves, device.Counters.FirmwareBytes, links);
                }
                catch (DfuException e) when (e.Error is DfuError.LinkLost)
                {
                    await link.Closed;
                    lessons.LinkTime += time.GetElapsedTime(opened);
                    lessons.Drops++;
                }
            }
        });
    }

    /// <summary>Notes when objects and saves begin.</summary>
    private sealed class WatchedLink : WrappedLink
    {
        private readonly Func<TimeSpan> _now;
        private readonly List<TimeSpan> _created;
        private readonly List<TimeSpan> _saves;
        private bool _command;

        public WatchedLink(IDfuLink inner, Func<TimeSpan> now, List<TimeSpan> created, List<TimeSpan> saves)
            : base(inner)
        {
            (_now, _created, _saves) = (now, created, saves);
            _ = PassOnAsync();
        }

        public override Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
        {
            if (value.Span is [0x01, 0x02, ..]) _created.Add(_now());
            if (value.Span is [0x01 or 0x06, var type, ..]) _command = type == 1;
            if (value.Span is [0x04] && _command && _created.Count > 0) _saves.Add(_now());
            return base.WriteAsync(characteristic, value, cancellationToken);
        }
    }

    internal sealed class Learner : ITransferObserver
    {
        public BootloaderTraits Traits { get; set; } = new();
        public long At { get; private set; }
        public long SavedAt { get; private set; }
        public long? ResumedAt { get; private set; }

        public void TraitsLearned(BootloaderTraits traits) => Traits = traits;

        public Task LastExecuteAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Confirmed(long offset, uint crc) => At = offset;

        public void Saved(long offset) => SavedAt = offset;

        public void PhaseChanged(TransferPhase phase)
        {
        }

        public void Resumed(ResumeRecord record) => ResumedAt = record.Held;

        public void Sent(long offset, int count)
        {
        }
    }
}
