using System.Globalization;
using Dfu.Adapters;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Benchmarks;

/// <summary>What one transfer took on the model's clock, next to the bound of its kind of device.</summary>
/// <param name="Bytes">Firmware bytes that crossed the link; more than the image when something was sent again.</param>
public sealed record TransferFigures(string Strategy, TimeSpan Took, TimeSpan Bound, long Bytes, long ImageBytes, int Saves)
{
    public double Ratio => Took / Bound;

    public double KiloBytesPerSecond => ImageBytes / 1000.0 / Took.TotalSeconds;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Strategy,-44}{Took.TotalSeconds,8:0.00} s{KiloBytesPerSecond,8:0.0} kB/s{Ratio,8:0.000}{Bytes - ImageBytes,10:#,0}{Saves,7}");
}

/// <summary>One device, one link: 204,800 bytes, nRF52840 flash, a connection event every 15 ms with 3 packets, MTU 247, in virtual time.</summary>
/// <remarks>
/// The bounds per object: a device that is deaf during an erase needs erase + the larger of flash writing and air time + two
/// intervals = 205 ms; one that hears then erase + writing + one interval = 142 ms. A saving bootloader adds 190 ms an object,
/// a forced save 196 ms each. From the first CREATE(data) to the last EXECUTE's answer.
/// </remarks>
public static class TransferBenchmark
{
    public const int ImageBytes = 50 * 4096;

    private static readonly DfuImage Image = MakeImage(ImageBytes);

    public static TransferFigures Ours(bool deaf, bool saving, BootloaderTraits traits, out BootloaderTraits learned)
    {
        var observer = new Learner { Traits = traits };
        var figures = Measure(
            $"this tool, {(saving ? "saving" : "default")} bootloader{(traits.InitMax == 0 ? ", first time" : "")}",
            deaf,
            saving,
            async (link, time) =>
            {
                var end = await ImageTransfer.RunAsync(
                    link, Image, new TransferHint { Traits = traits }, observer, new TransferOptions(), time, CancellationToken.None);
                if (end != TransferEnd.Accepted) throw new DfuException(DfuError.Unexpected, $"the transfer ended with {end}");
            });
        learned = observer.Traits;
        return figures;
    }

    public static TransferFigures Plain(string name, bool deaf, ushort prn, TimeSpan delay) =>
        Measure(name, deaf, saving: false, (link, time) => new PlainStrategy(link, Image, prn, delay, time).RunAsync(CancellationToken.None));

    private static TransferFigures Measure(string name, bool deaf, bool saving, Func<IDfuLink, TimeProvider, Task> transfer)
    {
        var time = new VirtualTime();
        return time.Run(async () =>
        {
            using var air = new SimulatedAir(time, LinkModel.Perfect, seed: 1);
            var device = air.Add(new VirtualDeviceOptions
            {
                ApplicationAddress = BluetoothAddress.Parse("C0:98:76:54:32:10"),
                Profile = saving ? BootloaderProfile.Sdk17Saving : BootloaderProfile.Sdk17,
                RadioDeafDuringErase = deaf,
                RequireSigned = false,
            });
            await using var adapter = await air.CreateAdapter("sim", new AdapterModel()).OpenAsync(CancellationToken.None);
            await using var link = new TimedLink(
                await adapter.ConnectAsync(device.BootloaderAddress, AddressType.Random, new LinkOptions(), CancellationToken.None), time);
            await transfer(link, time);
            var objects = (ImageBytes + 4095) / 4096;
            var perObject = TimeSpan.FromMilliseconds(deaf ? 205 : 142) + (saving ? TimeSpan.FromMilliseconds(190) : TimeSpan.Zero);
            return new TransferFigures(
                name, link.Elapsed, (objects * perObject) + (link.Saves * TimeSpan.FromMilliseconds(196)), link.Bytes, ImageBytes, link.Saves);
        });
    }

    internal static DfuImage MakeImage(int bytes)
    {
        var firmware = new byte[bytes];
        new Random(1).NextBytes(firmware);
        var contents = new PackageContents { Application = new FirmwareFile("app.bin", firmware), ApplicationVersion = 2, HwVersion = 52, SdReq = [0xFFFE] };
        return PackageReader.Read(PackageWriter.Create(contents, null), null).Images[0];
    }

    internal sealed class Learner : ITransferObserver
    {
        public BootloaderTraits Traits { get; set; } = new();

        public void TraitsLearned(BootloaderTraits traits) => Traits = traits;

        public Task LastExecuteAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void PhaseChanged(TransferPhase phase)
        {
        }

        public void Resumed(ResumeRecord record)
        {
        }

        public void Sent(long offset, int count)
        {
        }

        public void Confirmed(long offset, uint crc)
        {
        }

        public void Saved(long offset)
        {
        }
    }
}
