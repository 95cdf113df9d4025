using System.Text;
using Dfu.Cli.Arguments;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Orders;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;

namespace Dfu.Cli.CampaignFiles;

/// <summary>A campaign as it is written in a file, with everything the file names read and checked.</summary>
internal sealed record CampaignFile
{
    private const int MostBytes = 1 << 20;

    public required PackageFile Package { get; init; }
    public ImageType? Only { get; init; }
    public required TargetSelection Targets { get; init; }
    public required CampaignLimits Limits { get; init; }
    public required CampaignPlan Plan { get; init; }

    /// <param name="by">Who asks.</param>
    public CampaignRequest Request(string by, bool restart) => new()
    {
        Package = Package.Package.Only(Only),
        PackageFile = Package.Zip,
        Only = Only,
        Targets = Targets,
        Limits = Limits,
        Plan = Plan,
        By = by,
        Restart = restart,
    };

    /// <returns>Null when something is wrong, which is said then: everything of one kind at once.</returns>
    /// <exception cref="DfuException">InvalidArgument when the file cannot be read at all.</exception>
    public static CampaignFile? Read(string path, FileFlaws flaws, KeyOpener? key = null)
    {
        var content = Content(path);
        return Root(content, flaws) is { } root && CampaignFields.Root.Check("the file", root, flaws)
            ? new CampaignFileReader((FileMap)root, Path.GetDirectoryName(Path.GetFullPath(path))!, flaws, key ?? KeyOpener.OfFiles).Read()
            : null;
    }

    /// <summary>The file's content as it is written, without a look at what it means.</summary>
    internal static FileNode? Root(byte[] content, FileFlaws flaws)
    {
        var text = content.AsSpan();
        if (text is [0xEF, 0xBB, 0xBF, ..]) text = text[3..];
        var first = text.IndexOfAnyExcept(" \t\r\n"u8);
        return first >= 0 && text[first] == '{' ? JsonTree.Read(text, flaws) : YamlTree.Read(Encoding.UTF8.GetString(text), flaws);
    }

    private static byte[] Content(string path)
    {
        if (Directory.Exists(path)) throw new DfuException(DfuError.InvalidArgument, $"{path} is a folder") { Remedy = "Give a campaign file." };
        byte[] content;
        try
        {
            if (new FileInfo(path).Length > MostBytes)
                throw new DfuException(DfuError.InvalidArgument, $"{path} is larger than any campaign file")
                { Remedy = "Put long lists of devices into a CSV file." };
            content = File.ReadAllBytes(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new DfuException(DfuError.InvalidArgument, $"{path} cannot be read: {failure.Message}", failure)
            { Remedy = "Give the path of a campaign file." };
        }

        return FileKinds.Recognise(content, path) is { Family: not (FileFamily.Text or FileFamily.Blank) } kind
            ? throw new DfuException(DfuError.InvalidArgument, $"{path}: this is {kind.Name}") { Remedy = "Give a campaign file, in YAML or JSON." }
            : content;
    }
}

/// <summary>Reads keys; another one may ask for a passphrase.</summary>
internal sealed record KeyOpener(Func<string, System.Security.Cryptography.ECDsa> Read)
{
    public static KeyOpener OfFiles { get; } = new(static path => DfuKeys.ReadPublic(path, null));
}
