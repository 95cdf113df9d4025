using System.CommandLine;
using System.CommandLine.Parsing;

namespace Dfu.Cli.Arguments;

internal delegate bool TryParse<T>(string text, out T value);

/// <summary>Options whose values are read leniently and refused in words.</summary>
internal static class Option
{
    /// <param name="expected">What a right value looks like, for the refusal: <c>a size such as 200KiB</c>.</param>
    public static Option<T> Of<T>(string name, string description, TryParse<T> parse, string expected, T? fallback = default, string? helpName = null)
    {
        var option = new Option<T>(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result => One(result, parse, expected)!,
        };
        if (fallback is not null) option.DefaultValueFactory = _ => fallback;
        return option;
    }

    /// <summary>One that may be given several times, or once with several values.</summary>
    public static Option<T[]> Many<T>(string name, string description, TryParse<T> parse, string expected, string helpName, bool required = false)
    {
        var option = new Option<T[]>(name)
        {
            Description = description,
            HelpName = helpName,
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
            Required = required,
            CustomParser = result =>
            {
                var values = new List<T>();
                foreach (var token in result.Tokens)
                {
                    if (parse(token.Value, out var value)) values.Add(value);
                    else result.AddError(Refusal(result, token.Value, expected));
                }

                return [.. values];
            },
        };
        if (!required) option.DefaultValueFactory = _ => [];
        return option;
    }

    public static Option<string?> Text(string name, string description, string helpName) => new(name) { Description = description, HelpName = helpName };

    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    public static Option<bool> TrueOrFalse(string name, string description, bool fallback) =>
        new(name) { Description = description, HelpName = "true|false", DefaultValueFactory = _ => fallback };

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public static Option<int?> Number(string name, string description, int least, int most, int? fallback = null) =>
        Of<int?>(
            name,
            description,
            (string text, out int? value) =>
            {
                value = int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
                    ? number
                    : null;
                return value >= least && value <= most;
            },
            $"a whole number from {least} to {most}",
            fallback,
            "N");

    private static T? One<T>(ArgumentResult result, TryParse<T> parse, string expected)
    {
        var text = result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value;
        if (parse(text, out var value)) return value;
        result.AddError(Refusal(result, text, expected));
        return default;
    }

    private static string Refusal(ArgumentResult result, string text, string expected) =>
        $"{((result.Parent as OptionResult)?.Option.Name ?? result.Argument.Name)}: '{text}' is not {expected}";
}
