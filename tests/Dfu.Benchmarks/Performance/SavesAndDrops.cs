using System.Globalization;
using Dfu.Adapters.Simulated;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Benchmarks.Performance;

/// <summary>How long devices of a default bootloader take one after another where links drop, with learned saves and with the best fixed interval.</summary>
internal static class SavesAndDrops
{
    private const int Devices = 40;
    private static readonly DfuImage Image = TransferBenchmark.MakeImage(50 * 4096);
    private static readonly int[] Fixed = [0, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 25];
    private static readonly TimeSpan PerObject = TimeSpan.FromMilliseconds(150);

    public static void Print(string? plots)
    {
        var plot = new BarPlot("Learned saves against the best fixed interval", "", target: 1.05);
        Console.WriteLine($"3. {Devices} devices one after another, {Image.Firmware.Length:#,0} bytes each, nothing known before the first.");
        Console.WriteLine("Seconds for all, 4 s to notice each drop.");
        Console.WriteLine();
        Console.WriteLine("| drops | met | without saves | every 16 | best fixed | its interval | learned | of best |");
        Console.WriteLine("|---|--:|--:|--:|--:|--:|--:|--:|");
        foreach (var (name, perSecond) in Rates())
        {
            var link = LinkModel.Perfect with { DropRate = 1 - Math.Exp(-perSecond * PerObject.TotalSeconds) };
            var traits = Lessons.Of(Delivery.Device(), LinkModel.Perfect, Image).Traits;
            var took = Fixed.ToDictionary(
                static every => every, every => Campaign(link, traits, new TransferOptions { ForcedSaves = every > 0, SaveEvery = every }).Took);
            var (learned, drops) = Campaign(link, traits, new TransferOptions());
            var best = took.MinBy(static one => one.Value);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {drops} | {took[0]:0.0} | {took[16]:0.0} | {best.Value:0.0} "
                + $"| {(best.Key == 0 ? "none" : best.Key)} | {learned:0.0} | {learned / best.Value:0.000} |"));
            plot.Add(name, learned / best.Value);
        }

        if (plots is not null) plot.Write(Path.Combine(plots, "saves.svg"));
    }

    private static IEnumerable<(string Name, double PerSecond)> Rates()
    {
        yield return ("none", 0);
        foreach (var hour in new[] { 1, 3, 10 }) yield return ($"{hour} an hour", hour / 3600.0);
        foreach (var minute in new[] { 1, 3, 10 }) yield return ($"{minute} a minute", minute / 60.0);
    }

    private static (double Took, int Drops) Campaign(LinkModel link, BootloaderTraits traits, TransferOptions options)
    {
        var lessons = new Lessons { Traits = traits };
        var took = 0.0;
        for (var device = 1; device <= Devices; device++)
            took += Delivery.Run(Delivery.Device(), link, Image, lessons, options, seed: device).Took.TotalSeconds;
        return (took, lessons.Drops);
    }
}
