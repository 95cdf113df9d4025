using Dfu.Fuzz.Engine;

namespace Dfu.Fuzz.Targets;

/// <summary>Everything that reads what others wrote.</summary>
internal static class FuzzTargets
{
    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        new PackageTarget(), new ContentsTarget(), new InitTarget(), new HexTarget(), new SettingsTarget(), new KeyTarget(), new AnswersTarget(),
        new BridgeTarget(), new ServedTarget(), new DbusTarget(), new KernelTarget(), new BodyTarget(), new CsvTarget(), new CampaignFileTarget(),
        new StoredTarget(),
    ];
}
