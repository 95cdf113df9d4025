using System.Globalization;
using Dfu.Adapters.Simulated;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Requests;

namespace Dfu.Benchmarks.Performance;

/// <summary>What a lost answer costs, and what becomes of a transfer that loses many.</summary>
internal static class LostAnswers
{
    private const int Seeds = 25;
    private const double Share = 0.02;
    private static readonly DfuImage Image = TransferBenchmark.MakeImage(50 * 4096);
    private static readonly ChipModel Slow =
        ChipModel.Nrf52840 with { PageErase = TimeSpan.FromMilliseconds(300), WordWrite = TimeSpan.FromMicroseconds(120) };

    public static void Print(string? plots)
    {
        var plot = new BarPlot("What one lost answer costs", " s", target: 0.5);
        Console.WriteLine("2. One lost answer, seconds that it costs: the worst of all places in a transfer of 204,800 bytes; 15 ms, 3 packets.");
        Console.WriteLine();
        Console.WriteLine("| answer to | default | default, deaf | saving |");
        Console.WriteLine("|---|--:|--:|--:|");
        (string Name, byte OpCode)[] kinds =
        [
            ("SELECT", OpCode.Select), ("SET_PRN", OpCode.SetPrn), ("CREATE", OpCode.Create), ("CRC, or a receipt", OpCode.GetCrc),
            ("EXECUTE", OpCode.Execute),
        ];
        foreach (var (name, opCode) in kinds)
        {
            var costs = Kinds.Select(device => Worst(device, opCode)).ToList();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {costs[0]:0.00} | {costs[1]:0.00} | {costs[2]:0.00} |"));
            plot.Add($"{name}, default", costs[0]);
            plot.Add($"{name}, saving", costs[2]);
        }

        Console.WriteLine();
        Console.WriteLine($"{Share:0 %} of all notifications lost, {Seeds} seeds, seconds from the opening of the link:");
        Console.WriteLine();
        Console.WriteLine("| bootloader | none lost | least | middle | most |");
        Console.WriteLine("|---|--:|--:|--:|--:|");
        foreach (var (device, name) in Kinds.Zip(["default", "default, deaf", "saving"]))
        {
            var link = LinkModel.Perfect;
            var lessons = Lessons.Of(device, link, Image);
            var none = Delivery.Run(device, link, Image, Copy(lessons)).Took.TotalSeconds;
            var took = Enumerable.Range(1, Seeds).Select(seed => Lossy(device, lessons, seed)).Order().ToList();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {name} | {none:0.0} | {took[0]:0.0} | {took[Seeds / 2]:0.0} | {took[^1]:0.0} |"));
        }

        Console.WriteLine();
        Console.WriteLine("Flash far slower than any known (page erase 300 ms, word 120 us), first device of its class:");
        Console.WriteLine();
        Console.WriteLine("| bootloader | flash alone | took | sent again |");
        Console.WriteLine("|---|--:|--:|--:|");
        foreach (var (device, name) in Kinds.Zip(["default", "default, deaf", "saving"]))
        {
            var run = Delivery.Run(device with { Chip = Slow }, LinkModel.Perfect, Image, new Lessons());
            var save = device.Profile.SaveProgress ? 2 * (Slow.PageErase + (Slow.WordWrite * 224)) : TimeSpan.Zero;
            var flash = 50 * (Slow.PageErase + (Slow.WordWrite * 1024) + save);
            var again = (run.Bytes - Image.Firmware.Length) / (double)Image.Firmware.Length;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {name} | {flash.TotalSeconds:0.0} | {run.Took.TotalSeconds:0.0} | {again:0.0 %} |"));
        }

        if (plots is not null) plot.Write(Path.Combine(plots, "lost-answers.svg"));
    }

    private static IEnumerable<VirtualDeviceOptions> Kinds => [Delivery.Device(), Delivery.Device(deaf: true), Delivery.Device(saving: true)];

    private static double Worst(VirtualDeviceOptions device, byte opCode)
    {
        var link = LinkModel.Perfect;
        var lessons = Lessons.Of(device, link, Image);
        var undisturbed = Delivery.Run(device, link, Image, Copy(lessons)).Took;
        var worst = TimeSpan.Zero;
        for (var n = 1; ; n++)
        {
            var seen = 0;
            var took = Lossy(device, lessons, code => code == opCode && ++seen == n);
            if (seen < n) return worst.TotalSeconds;
            if (took - undisturbed > worst) worst = took - undisturbed;
        }
    }

    private static double Lossy(VirtualDeviceOptions device, Lessons lessons, int seed)
    {
        var random = new Random(seed);
        return Lossy(device, lessons, _ => random.NextDouble() < Share).TotalSeconds;
    }

    private static TimeSpan Lossy(VirtualDeviceOptions device, Lessons lessons, Func<byte, bool> loses) =>
        Delivery.Run(device, LinkModel.Perfect, Image, Copy(lessons), wrap: (inner, _) => new LosingLink(inner, loses)).Took;

    private static Lessons Copy(Lessons lessons) => new() { Traits = lessons.Traits };

    private sealed class LosingLink : WrappedLink
    {
        private readonly Func<byte, bool> _loses;

        public LosingLink(IDfuLink inner, Func<byte, bool> loses)
            : base(inner)
        {
            _loses = loses;
            _ = PassOnAsync();
        }

        protected override void OnNotification(LinkNotification notification)
        {
            if (!_loses(notification.Value.Span[1])) Pass(notification);
        }
    }
}
