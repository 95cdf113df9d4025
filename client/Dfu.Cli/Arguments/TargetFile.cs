using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Orders;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Arguments;

/// <summary>A CSV file of devices.</summary>
internal static class TargetFile
{
    /// <exception cref="DfuException">InvalidArgument, naming the line.</exception>
    public static TargetSelection Read(string path)
    {
        if (Directory.Exists(path)) throw Invalid($"{path} is a folder", "Give a CSV file.");
        if (!File.Exists(path)) throw Invalid($"{path} does not exist", "Check the path.");
        try
        {
            return new FileInfo(path).Length <= TargetList.MaxBytes
                ? TargetList.Read(File.ReadAllBytes(path), path)
                : throw Invalid($"{path} is larger than any list of devices", "Give a CSV file with an address in each line.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new DfuException(DfuError.InvalidArgument, $"{path} cannot be read: {failure.Message}", failure) { Remedy = "Check its permissions." };
        }
    }

    private static DfuException Invalid(string what, string remedy) => new(DfuError.InvalidArgument, what) { Remedy = remedy };
}
