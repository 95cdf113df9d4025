using System.Globalization;
using Dfu.Adapters.Simulated;
using Dfu.Protocol.Packages;

namespace Dfu.Benchmarks.Performance;

/// <summary>One transfer, against the flash and the air that nothing can avoid.</summary>
/// <remarks>
/// An object costs its page erase and writing its 1,024 words, and an interval: EXECUTE's answer comes in one connection event and CREATE goes in the next.
/// While the radio is deaf nothing overlaps the erase: there it costs the erase, the longer of writing and sending, and two intervals. Packets in an event are
/// those that fit: 2.5 ms each on 1M, 1.4 ms on 2M, with 251 bytes.
/// </remarks>
internal static class OneTransfer
{
    private const int Objects = 50;
    private static readonly TimeSpan Erase = ChipModel.Nrf52840.PageErase;
    private static readonly TimeSpan Writing = ChipModel.Nrf52840.WordWrite * 1024;
    private static readonly DfuImage Image = TransferBenchmark.MakeImage(Objects * 4096);

    private static readonly (string Name, double Interval, int Packets)[] Airs =
    [
        ("7.5 ms, 1M (3 packets)", 7.5, 3),
        ("7.5 ms, 2M (5 packets)", 7.5, 5),
        ("15 ms, 1M (6 packets)", 15, 6),
        ("15 ms, 2M (10 packets)", 15, 10),
        ("15 ms, 3 packets", 15, 3),
    ];

    public static void Print(string? plots)
    {
        var plot = new BarPlot("One transfer against its bound, no saves", "", target: 1.05);
        Console.WriteLine($"1. One transfer, {Objects * 4096:#,0} bytes, MTU 247, default bootloader, nRF52840 flash.");
        Console.WriteLine("Seconds from the first CREATE to the last answer.");
        Console.WriteLine();
        Console.WriteLine("| air | radio in an erase | bound | no saves | of bound | ms an object | 2 saves | first device |");
        Console.WriteLine("|---|---|--:|--:|--:|--:|--:|--:|");
        foreach (var (name, interval, packets) in Airs)
        {
            foreach (var deaf in new[] { false, true })
            {
                var link = LinkModel.Perfect with { Interval = TimeSpan.FromMilliseconds(interval), PacketsPerEvent = packets };
                var device = Delivery.Device(deaf: deaf);
                var lessons = Lessons.Of(device, link, Image);
                var first = Sending(Delivery.Run(device, link, Image, new Lessons()));
                var saves = Sending(Delivery.Run(device, link, Image, lessons));
                lessons.LinkTime = TimeSpan.FromHours(1);
                var none = Delivery.Run(device, link, Image, lessons);
                var bound = Bound(link, deaf);
                var ratio = Sending(none) / bound;
                plot.Add($"{name}, {(deaf ? "deaf" : "hears")}", ratio);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {name} | {(deaf ? "deaf" : "hears")} | {bound.TotalSeconds:0.00} | {Sending(none).TotalSeconds:0.00} | {ratio:0.000} "
                    + $"| {Usual(none).TotalMilliseconds:0.#} ({bound.TotalMilliseconds / Objects:0.#}) "
                    + $"| {saves.TotalSeconds:0.00} | {first.TotalSeconds:0.00} |"));
            }
        }

        Console.WriteLine();
        Profile();
        if (plots is not null) plot.Write(Path.Combine(plots, "one-transfer.svg"));
    }

    /// <summary>Where the time above the bound goes, and the whole from the link's opening.</summary>
    private static void Profile()
    {
        var link = LinkModel.Perfect;
        Console.WriteLine("15 ms, 3 packets, from the opening of the link to the last answer, in ms:");
        Console.WriteLine();
        Console.WriteLine("| | bound | set-up | first object | grid | saves | other | all |");
        Console.WriteLine("|---|--:|--:|--:|--:|--:|--:|--:|");
        foreach (var deaf in new[] { false, true })
        {
            var device = Delivery.Device(deaf: deaf);
            var lessons = Lessons.Of(device, link, Image);
            var rare = new Lessons { Traits = lessons.Traits, LinkTime = TimeSpan.FromHours(1) };
            foreach (var (name, known) in new[] { ("drops rare", rare), ("nothing known of drops", lessons), ("first device of its class", new Lessons()) })
            {
                var run = Delivery.Run(device, link, Image, known);
                var cycles = run.Created.Zip(run.Created.Skip(1), static (one, next) => next - one).ToList();
                var usual = Usual(run);
                var bound = Bound(link, deaf);
                var grid = (usual * Objects) - bound;
                var saves = cycles.Select((cycle, i) => (cycle, i)).Where(c => run.Saves.Any(s => s > run.Created[c.i] && s < run.Created[c.i + 1]))
                    .Aggregate(TimeSpan.Zero, (sum, c) => sum + c.cycle - usual);
                var init = cycles[0] - usual;
                var other = run.Took - run.Created[0] - bound - grid - saves - init;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {(deaf ? "deaf" : "hears")}, {name} | {Ms(bound)} | {Ms(run.Created[0])} "
                    + $"| {Ms(init)} | {Ms(grid)} | {Ms(saves)} ({run.Saves.Count}) | {Ms(other)} | **{Ms(run.Took)}** |"));
            }
        }
    }

    /// <summary>From one CREATE to the next, as most objects have it.</summary>
    private static TimeSpan Usual(Delivery run) =>
        run.Created.Zip(run.Created.Skip(1), static (one, next) => next - one).Order().ElementAt((run.Created.Count - 1) / 2);

    private static string Ms(TimeSpan time) => time.TotalMilliseconds.ToString("#,0", CultureInfo.InvariantCulture);

    private static TimeSpan Sending(Delivery run) => run.Took - run.Created[0];

    private static TimeSpan Bound(LinkModel link, bool deaf) =>
        Objects * (Erase + (deaf ? Longer(Writing, Sends(link)) + (2 * link.Interval) : Writing + link.Interval));

    private static TimeSpan Sends(LinkModel link) => (int)Math.Ceiling(17.0 / link.PacketsPerEvent) * link.Interval;

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
