using System.CommandLine;
using Dfu.Cli.Arguments;
using Dfu.Fleet.Retention;

namespace Dfu.Cli.Commands;

/// <summary>How long what is over is kept.</summary>
internal sealed class KeepOptions
{
    private const long LargestCache = 1L << 40;

    private readonly Option<int?> _campaigns = Arguments.Option.Number(
        "--keep-campaigns", "Keep so many campaigns, 500 unless given; the data remembers what was given last.", 1, 100_000);

    private readonly Option<int?> _days = Arguments.Option.Number(
        "--keep-days", "Keep a campaign and its devices for so many days after it was over, 365 unless given.", 1, 36_500);

    private readonly Option<int?> _packages = Arguments.Option.Number(
        "--keep-packages-days", "Keep a package for so many days after a campaign needed it, 30 unless given.", 1, 36_500);

    private readonly Option<long?> _cache = Arguments.Option.Of<long?>(
        "--cache-size", "How much room package files may take in the data directory, 512MiB unless given.", Size, "a size such as 512MiB", null, "SIZE");

    public System.CommandLine.Option[] Options => [_campaigns, _days, _packages, _cache];

    public void AddTo(Command command)
    {
        foreach (var option in Options) command.Add(option);
    }

    public RetentionWish Wish(ParseResult result) => new()
    {
        Campaigns = result.GetValue(_campaigns),
        Days = result.GetValue(_days),
        PackageDays = result.GetValue(_packages),
    };

    public long? CacheSize(ParseResult result) => result.GetValue(_cache);

    private static bool Size(string text, out long? value)
    {
        var read = Quantities.TryParseSize(text, out var bytes, LargestCache);
        value = bytes;
        return read;
    }
}
