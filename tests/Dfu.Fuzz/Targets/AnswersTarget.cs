using Dfu.Adapters.Simulated.Time;
using Dfu.Fuzz.Engine;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Fuzz.Targets;

/// <summary>
/// Answers of control points: a whole transfer, or the jump to the bootloader, with a device that answers as a bootloader does, or as the input says.
/// </summary>
internal sealed class AnswersTarget : IFuzzTarget
{
    /// <summary>However a device answers, a transfer ends: each answer that is waited for has its time, and each object its attempts.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromHours(2);

    private static readonly DfuImage Image = PackageReader.Read(Packages.Application(9000), null).Images[0];

    public string Name => "answers";

    public int Longest => 1024;

    public IEnumerable<byte[]> Seeds => [.. Enumerable.Range(0, 10).Select(static at => (byte[])[0, 247, (byte)at, 0, .. new byte[at], (byte)at, 3, 1, 2])];

    public IReadOnlyList<byte[]> Words { get; } = [[0x60, 0x03, 0x01], [0x60, 0x06, 0x01], [0x60, 0x01, 0x01], [0x60, 0x04, 0x0B], [0x20, 0x01, 0x01]];

    public void Run(byte[] input)
    {
        var feed = new Feed(input);
        var time = new VirtualTime();
        time.Run(async () =>
        {
            await using var link = new ScriptedLink(feed, time);
            try
            {
                if (feed.Byte() % 4 == 1)
                    await ButtonlessEntry.EnterAsync(link, ButtonlessEntry.CharacteristicOf(link)!.Value, "Dfu1", TimeSpan.FromSeconds(5), time, default);
                else
                    await ImageTransfer.RunAsync(link, Image, Hint(feed), new Observer(link), new(), time, default);
            }
            catch (DfuException e)
            {
                Flaw.UnlessOneLine(e.Message);
            }
        });
        Flaw.If(time.Elapsed > Bound, $"it took {time.Elapsed}");
    }

    private static TransferHint Hint(Feed feed)
    {
        var flags = feed.Byte();
        return new()
        {
            Confirmed = (flags & 1) != 0 ? feed.U16() & ~0xFFF : 0,
            Saved = (flags & 2) != 0 ? feed.U16() & ~0xFFF : 0,
            LastExecuteSent = (flags & 4) != 0,
            Looks = (flags & 8) != 0,
            Probe = (flags & 16) != 0,
            Probed = (flags & 32) != 0,
            Explains = (flags & 64) != 0,
            Traits = (flags & 128) != 0 ? new() { Keeps = (Keeps)(feed.Byte() % 4), InitMax = 512 } : new(),
        };
    }

    /// <summary>What it is told makes sense, whatever the device says.</summary>
    private sealed class Observer(ScriptedLink link) : ITransferObserver
    {
        private long _saved;

        public void PhaseChanged(TransferPhase phase)
        {
        }

        public void Resumed(ResumeRecord record) => Flaw.If(record.Kept < 0, $"{record.Kept} bytes are kept");

        public void Sent(long offset, int count) => Flaw.If(
            offset < 0 || count <= 0 || offset + count > Image.Firmware.Length, $"bytes {offset} to {offset + count} were sent of {Image.Firmware.Length}");

        public void Confirmed(long offset, uint crc) => Flaw.If(
            offset < 0 || offset > Image.Firmware.Length || crc != PrefixCrc(offset), $"{offset} bytes are confirmed with another CRC than theirs");

        public void Saved(long offset)
        {
            Flaw.If(offset < 0 || offset > Image.Firmware.Length, $"{offset} bytes are saved");
            _saved = Math.Max(_saved, offset);
        }

        public void TraitsLearned(BootloaderTraits traits)
        {
        }

        public Task LastExecuteAsync(CancellationToken cancellationToken)
        {
            link.LastExecuteComes();
            return Task.CompletedTask;
        }

        private static uint PrefixCrc(long offset) => System.IO.Hashing.Crc32.HashToUInt32(Image.Firmware.Span[..(int)offset]);
    }
}
