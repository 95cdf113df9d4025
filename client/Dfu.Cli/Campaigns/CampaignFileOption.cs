using System.CommandLine;
using Dfu.Cli.CampaignFiles;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;

namespace Dfu.Cli.Campaigns;

/// <summary><c>-f FILE</c>: a campaign file, and what is wrong with it.</summary>
internal static class CampaignFileOption
{
    public static Option<string?> Create(bool required) => new("--file", "-f")
    {
        Description = "A campaign file, YAML or JSON: package, targets, groups, limits, schedule and finish. See docs/campaign.md.",
        HelpName = "FILE",
        Required = required,
    };

    public static (CampaignFile? File, IReadOnlyList<FileFlaw> Flaws) Read(Terminal terminal, string path)
    {
        var flaws = new FileFlaws();
        var file = CampaignFile.Read(path, flaws, new(key => DfuKeys.ReadPublic(key, terminal.Passphrase)));
        return (file, flaws.All);
    }

    /// <summary>Writes a line for each flaw, and ends with how many there are.</summary>
    public static DfuException Refuse(Terminal terminal, string path, IReadOnlyList<FileFlaw> flaws)
    {
        foreach (var flaw in flaws) terminal.Error.WriteLine(flaw.Line(path));
        return new(DfuError.InvalidArgument, $"{path} has {(flaws.Count == 1 ? "a mistake" : $"{flaws.Count} mistakes")}")
        {
            Remedy = flaws.Count == 1 ? "Correct it; docs/campaign.md has every field." : "Correct them; docs/campaign.md has every field.",
        };
    }
}
