using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
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
                new HostileLink(seed, image.InitPacket.ToArray(), image.Firmware.ToArray(), time), image, hint, new NoObserver(), options, time, CancellationToken.None));
        }
        catch (DfuException)
        {
            // It said why.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return $"{e.GetType().Name} {e.Message} {e.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("Dfu.Protocol", StringComparison.Ordinal))?.Trim()}";
        }

        return time.Elapsed > Bound ? $"took {time.Elapsed}" : null;
    }

    private sealed class NoObserver : ITransferObserver
    {
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

        public void TraitsLearned(BootloaderTraits traits)
        {
        }

        public Task LastExecuteAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
