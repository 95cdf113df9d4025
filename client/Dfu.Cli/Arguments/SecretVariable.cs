using Dfu.Protocol.Errors;

namespace Dfu.Cli.Arguments;

/// <summary>
/// A secret of the environment: in a variable, or in the file that the variable of the same name with <c>_FILE</c> behind it names, as containers get
/// theirs.
/// </summary>
internal static class SecretVariable
{
    private const string OfFile = "_FILE";

    /// <returns>The variable itself, else the first line of the file; null when there is neither.</returns>
    /// <exception cref="DfuException">InvalidArgument.</exception>
    public static string? Read(string variable)
    {
        if (Environment.GetEnvironmentVariable(variable) is { } given && !string.IsNullOrWhiteSpace(given)) return given;
        if (Environment.GetEnvironmentVariable(variable + OfFile) is not { Length: > 0 } file) return null;
        try
        {
            if (File.ReadLines(file).FirstOrDefault() is { } line && !string.IsNullOrWhiteSpace(line)) return line;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new DfuException(
                DfuError.InvalidArgument, $"{file}, the file that {variable}{OfFile} names, cannot be read: {failure.Message.TrimEnd('.')}", failure)
            {
                Remedy = "Name a file that the user of this command may read.",
            };
        }

        // A secret that was never written: it would be refused later, by somebody else, as a wrong one.
        throw new DfuException(DfuError.InvalidArgument, $"{file}, the file that {variable}{OfFile} names, has nothing in its first line")
        {
            Remedy = "Write the secret into it.",
        };
    }
}
