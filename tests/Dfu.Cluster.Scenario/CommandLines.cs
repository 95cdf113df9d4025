using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Dfu.Cluster.Scenario;

/// <summary>Command lines of programs for those who develop.</summary>
internal static class CommandLines
{
    public const int NotUnderstood = 2;

    /// <summary>Exit code 0 for help, 2 for what is not understood, which is said by name; the command's own otherwise.</summary>
    public static async Task<int> RunAsync(this RootCommand root, string[] arguments, TextWriter output, TextWriter error)
    {
        var result = root.Parse(arguments);
        if (result.Action is not HelpAction && Refusal(result) is { } refusal)
        {
            await error.WriteLineAsync($"{refusal}; --help tells what is");
            return NotUnderstood;
        }

        return await result.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = output, Error = error });
    }

    /// <summary>Numbers of seconds and minutes become delays, which have a longest.</summary>
    private const int Most = 60_000;

    /// <summary>A number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public static Option<double> Number(string name, string description, double fallback, double least = 0, double most = Most) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => fallback,
        CustomParser = result => Read(result, name, least, most),
    };

    /// <inheritdoc cref="Number"/>
    public static Option<int> Whole(string name, string description, int fallback, int least = 0, int most = int.MaxValue) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => fallback,
        CustomParser = result => Read(result, name, least, most),
    };

    /// <inheritdoc cref="Number"/>
    public static Argument<int> WholeArgument(string name, string description, int fallback, int least = 1) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => fallback,
        CustomParser = result => Read(result, name, least, int.MaxValue),
    };

    /// <summary>A file, read before any work.</summary>
    public static Option<byte[]?> Input(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "FILE",
        CustomParser = result => Try(result, name, "read", File.ReadAllBytes),
    };

    /// <summary>A file that is written when the work is done. That it can be is tried before, which leaves everything as it was.</summary>
    public static Option<string?> Output(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "FILE",
        CustomParser = result => Try(result, name, "written", static path =>
        {
            var isThere = File.Exists(path);
            using var tried = new FileStream(path, new FileStreamOptions
            {
                Mode = isThere ? FileMode.Open : FileMode.CreateNew,
                Access = FileAccess.Write,
                Options = isThere ? FileOptions.None : FileOptions.DeleteOnClose,
            });
            return path;
        }),
    };

    /// <summary>A folder that gets files when the work is done. It is made, and that it takes files is tried, before.</summary>
    public static Option<string?> Folder(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "FOLDER",
        CustomParser = result => Try(result, name, "written to", Taking),
    };

    /// <inheritdoc cref="Folder"/>
    public static Argument<string?> FolderArgument(string name, string description) => new(name)
    {
        Description = description,
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = result => Try(result, name, "written to", Taking),
    };

    private static string Taking(string folder)
    {
        Directory.CreateDirectory(folder);
        using var tried = File.Create(Path.Combine(folder, Path.GetRandomFileName()), 1, FileOptions.DeleteOnClose);
        return folder;
    }

    private static T? Try<T>(ArgumentResult result, string name, string done, Func<string, T> use)
        where T : class
    {
        if (result.Tokens is not [var token, ..]) return null;
        try
        {
            return use(token.Value);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            result.AddError($"{name}: '{token.Value}' cannot be {done} ({failure.Message.TrimEnd('.')}), give one that can");
            return null;
        }
    }

    private static T Read<T>(ArgumentResult result, string name, T least, T most)
        where T : INumber<T>
    {
        var text = result.Tokens is [var token, ..] ? token.Value : "";
        if (T.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most) return value;
        result.AddError($"{name}: '{text}' is not a number from {least} to {most}");
        return least;
    }

    /// <summary>An option that is not known may pass for the value of an argument.</summary>
    private static string? Refusal(ParseResult result)
    {
        var ofOption = result.Errors.FirstOrDefault(
            static error => error.Message.StartsWith("--", StringComparison.Ordinal) || error.Message.StartsWith("Required", StringComparison.Ordinal));
        if (ofOption is not null) return OneLine(ofOption.Message);
        if (result.UnmatchedTokens is [var unmatched, ..]) return $"'{unmatched}' is not understood";
        var option = result.Tokens.FirstOrDefault(static token => token.Type == TokenType.Argument && token.Value is ['-', '-', _, ..]);
        return option is not null ? $"'{option.Value}' is not understood" : result.Errors is [var first, ..] ? OneLine(first.Message) : null;
    }

    private static string OneLine(string message) => string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');
}
