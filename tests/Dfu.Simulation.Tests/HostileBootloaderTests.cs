using System.IO.Hashing;
using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Timing;
using Dfu.Protocol.Transfers;
using Dfu.Simulation.Tests.Support;

namespace Dfu.Simulation.Tests;

/// <summary>Whatever a bootloader answers, a transfer ends, in bounded time and with a reason.</summary>
public sealed class HostileBootloaderTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromHours(3);
    private static readonly DfuPackage[] Packages = [.. new[] { 4, 900, 4096, 8192, (3 * 4096) + 1500 }.Select(size => TestPackages.Application(size))];

    /// <summary>More by setting DFU_FUZZ_SEEDS, e.g. 20000.</summary>
    private static int Seeds => int.TryParse(Environment.GetEnvironmentVariable("DFU_FUZZ_SEEDS"), out var seeds) ? seeds : 400;

    [Fact]
    public void A_transfer_ends_well_or_with_a_reason_whatever_is_answered()
    {
        var wrong = new List<string>();
        for (var seed = 0; seed < Seeds; seed++)
        {
            if (Run(seed) is { } what) wrong.Add($"seed {seed}: {what}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {Seeds} seeds went wrong:\n{string.Join('\n', wrong.Take(12))}");
    }

    /// <summary>What a bootloader says of its objects is used for counting and slicing.</summary>
    [Theory]
    [InlineData(512u, 0u)]
    [InlineData(512u, 1u)]
    [InlineData(512u, 252u)]
    [InlineData(512u, 4098u)]
    [InlineData(512u, 0x8000_0000u)]
    [InlineData(512u, 0xffff_ffffu)]
    [InlineData(0u, 4096u)]
    [InlineData(0x8000_0000u, 4096u)]
    public void An_object_size_that_makes_no_sense_is_a_violation(uint commandMax, uint dataMax)
    {
        var time = new VirtualTime();
        var image = Packages[^1].Images[0];
        var link = new ScriptedLink(request =>
            request is [0x06, var type]
                ? [[0x60, 0x06, 1, .. BitConverter.GetBytes(type == 1 ? commandMax : dataMax), .. new byte[8]]]
                : [[0x60, request[0], 1]]);
        var e = Assert.Throws<DfuException>(() =>
            time.Run(() => ImageTransfer.RunAsync(link, image, new TransferHint(), new NoObserver(), new TransferOptions(), time, CancellationToken.None)));
        Assert.Equal(DfuError.ProtocolViolation, e.Error);
    }

    [Fact]
    public void A_link_that_takes_no_packet_ends_the_transfer()
    {
        var time = new VirtualTime();
        var link = new ScriptedLink(request =>
            request is [0x06, ..] ? [[0x60, 0x06, 1, 0, 2, 0, 0, .. new byte[8]]] : [[0x60, request[0], 1]]) { TakesPackets = false };
        var e = Assert.Throws<DfuException>(() => time.Run(async () =>
        {
            var transfer = ImageTransfer.RunAsync(
                link, Packages[^1].Images[0], new TransferHint(), new NoObserver(), new TransferOptions(), time, CancellationToken.None);
            await transfer.WithinAsync(TimeSpan.FromHours(1), time, CancellationToken.None);
        }));
        Assert.Equal(DfuError.RequestTimeout, e.Error);
    }

    /// <summary>The first SELECT(command) is answered when it has been asked again: the second answer must not pass for that of SELECT(data).</summary>
    [Fact]
    public void An_answer_that_comes_after_its_request_was_repeated_is_not_taken_for_the_next_ones()
    {
        var time = new VirtualTime();
        var image = Packages[^1].Images[0];
        var (length, crc) = (BitConverter.GetBytes(image.InitPacket.Length), BitConverter.GetBytes(Crc32.HashToUInt32(image.InitPacket.Span)));
        byte[] command = [0x60, 0x06, 1, 0, 2, 0, 0, .. length, .. crc];
        byte[] data = [0x60, 0x06, 1, 0, 16, 0, 0, .. BitConverter.GetBytes(8192), .. BitConverter.GetBytes(Crc32.HashToUInt32(image.Firmware.Span[..8192]))];
        var selects = 0;
        byte[]? late = null;
        var link = new ScriptedLink(request =>
        {
            if (request is [0x06, 1])
            {
                if (++selects == 1) return [];
                if (selects == 2) late = command;
                return [command];
            }

            // What is late comes with the answer to the next request, before it.
            byte[][] answers = late is { } first ? [first] : [];
            late = null;
            return [.. answers, request is [0x06, 2] ? data : [0x60, request[0], (byte)(request[0] == 0x01 ? 4 : 1), .. new byte[8]]];
        });
        var observer = new NoObserver();
        Assert.Throws<DfuException>(() => time.Run(() =>
            ImageTransfer.RunAsync(link, image, new TransferHint { Confirmed = 8192 }, observer, new TransferOptions(), time, CancellationToken.None)));
        Assert.Equal([new ResumeRecord(8192, 8192, Diagnosis.Healthy)], observer.Resumes);
    }

    private static string? Run(int seed)
    {
        var random = new Random(seed);
        var image = Packages[random.Next(Packages.Length)].Images[0];
        var time = new VirtualTime();
        var hint = new TransferHint
        {
            Confirmed = random.Next(2) * random.Next(image.Firmware.Length + 1),
            Saved = random.Next(2) * 4096,
            LastExecuteSent = random.Next(5) == 0,
            Probe = random.Next(4) == 0,
            MeanTimeBetweenDrops = random.Next(3) == 0 ? TimeSpan.FromSeconds(random.Next(100)) : null,
        };
        var options = new TransferOptions { MaxObjectsBetweenSaves = random.Next(1, 4) };
        try
        {
            time.Run(() => ImageTransfer.RunAsync(
                new HostileLink(seed, image.InitPacket.ToArray(), image.Firmware.ToArray(), time),
                image,
                hint,
                new NoObserver(),
                options,
                time,
                CancellationToken.None));
        }
        catch (DfuException)
        {
            // It said why.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            var line = e.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("Dfu.Protocol", StringComparison.Ordinal))?.Trim();
            return $"{e.GetType().Name} {e.Message} {line}";
        }

        return time.Elapsed > Bound ? $"took {time.Elapsed}" : null;
    }

    private sealed class NoObserver : ITransferObserver
    {
        public List<ResumeRecord> Resumes { get; } = [];

        public void PhaseChanged(TransferPhase phase)
        {
        }

        public void Resumed(ResumeRecord record) => Resumes.Add(record);

        public void Sent(long offset, int count)
        {
        }

        public void Confirmed(long offset, uint crc)
        {
        }

        public void Saved(long offset)
        {
        }

        public void TraitsLearned(BootloaderTraits traits)
        {
        }

        public Task LastExecuteAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
