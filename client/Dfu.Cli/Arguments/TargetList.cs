using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;

namespace Dfu.Cli.Arguments;

/// <summary>A CSV file of devices: the first column holds addresses, other columns are left alone, so a report can be given again.</summary>
internal static class TargetList
{
    private const int MaxBytes = 16 << 20;

    /// <summary>Empty lines, lines that begin with # and one header line are skipped; an address named twice counts once.</summary>
    /// <exception cref="DfuException">InvalidArgument, naming the line.</exception>
    public static IReadOnlyList<BluetoothAddress> Read(string path)
    {
        byte[] content;
        if (Directory.Exists(path)) throw new DfuException(DfuError.InvalidArgument, $"--targets: {path} is a folder");
        try
        {
            if (new FileInfo(path).Length > MaxBytes) throw new DfuException(DfuError.InvalidArgument, $"--targets: {path} is larger than any list of devices");
            content = File.ReadAllBytes(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new DfuException(DfuError.InvalidArgument, $"--targets: {path} cannot be read: {failure.Message}", failure);
        }

        if (FileKinds.Recognise(content, path) is { Family: not (FileFamily.Text or FileFamily.Blank) } kind)
        {
            throw new DfuException(DfuError.InvalidArgument, $"--targets: {path}: this is {kind.Name}")
            {
                Remedy = "Give a CSV file with an address in the first column.",
            };
        }

        return Parse(Lines(content), path);
    }

    private static List<string> Lines(byte[] content)
    {
        var lines = new List<string>();
        using var reader = new StreamReader(new MemoryStream(content));
        while (reader.ReadLine() is { } line) lines.Add(line);
        return lines;
    }

    internal static IReadOnlyList<BluetoothAddress> Parse(IReadOnlyList<string> lines, string path)
    {
        var addresses = new List<BluetoothAddress>();
        var seen = new HashSet<BluetoothAddress>();
        var header = true;
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i].Trim().TrimStart('\uFEFF');
            if (line.Length == 0 || line[0] == '#') continue;
            var cell = line.Split(',', ';', '\t')[0].Trim().Trim('"').Trim();
            if (BluetoothAddress.TryParse(cell, out var address))
            {
                if (seen.Add(address)) addresses.Add(address);
            }
            else if (!header)
            {
                throw new DfuException(DfuError.InvalidArgument, $"--targets: line {i + 1} of {path} does not begin with an address such as C0:98:76:54:32:10");
            }

            header = false;
        }

        return addresses.Count > 0 ? addresses : throw new DfuException(DfuError.InvalidArgument, $"--targets: {path} names no device");
    }
}
