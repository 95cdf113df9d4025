using System.CommandLine;
using System.CommandLine.Parsing;

namespace Dfu.Cli.Arguments;

internal delegate bool TryParse<T>(string text, out T value);

/// <returns>What is wrong with the text, in words that follow the option's name; null when nothing is.</returns>
internal delegate string? Read<T>(string text, out T value);

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
            CustomParser = result => One(result, Reader(parse, expected))!,
        };
        if (fallback is not null) option.DefaultValueFactory = _ => fallback;
        return option;
    }

    /// <summary>A number, an id or a version, read by one of <see cref="WholeNumbers"/>.</summary>
    public static Option<uint?> Whole(string name, string description, Read<uint> read, string helpName, params string[] aliases) =>
        new(name, aliases)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result => One(result, Optional(read)),
        };

    /// <summary>A time of a second and more.</summary>
    public static Option<TimeSpan?> Time(string name, string description, TimeSpan longest, string expected) => Of<TimeSpan?>(
        name,
        description,
        (string text, out TimeSpan? value) =>
        {
            var read = Quantities.TryParseDuration(text, out var time);
            value = time;
            return read && time >= TimeSpan.FromSeconds(1) && time <= longest;
        },
        expected,
        null,
        "TIME");

    /// <summary>One that may be given several times, or once with several values.</summary>
    public static Option<T[]> Many<T>(string name, string description, TryParse<T> parse, string expected, string helpName, bool required = false) =>
        Many(name, description, Reader(parse, expected), helpName, required);

    /// <inheritdoc cref="Many{T}(string, string, TryParse{T}, string, string, bool)"/>
    public static Option<T[]> Many<T>(string name, string description, Read<T> read, string helpName, bool required = false)
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
                    if (read(token.Value, out var value) is { } wrong) result.AddError(Refusal(result, wrong));
                    else values.Add(value);
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

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>, both at least 0.</summary>
    public static Option<int?> Number(string name, string description, int least, int most, int? fallback = null)
    {
        var expected = $"a whole number from {least} to {most}";
        var option = new Option<int?>(name)
        {
            Description = description,
            HelpName = "N",
            CustomParser = result => (int?)One(
                result,
                Optional((string text, out uint value) => WholeNumbers.Read(text, (uint)least, (uint)most, expected, out value, isCount: true))),
        };
        if (fallback is not null) option.DefaultValueFactory = _ => fallback;
        return option;
    }

    private static Read<uint?> Optional(Read<uint> read) => (string text, out uint? value) =>
    {
        var wrong = read(text, out var number);
        value = number;
        return wrong;
    };

    private static Read<T> Reader<T>(TryParse<T> parse, string expected) =>
        (string text, out T value) => parse(text, out value) ? null : $"'{text}' is not {expected}";

    private static T? One<T>(ArgumentResult result, Read<T> read)
    {
        if (read(result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value, out var value) is not { } wrong) return value;
        result.AddError(Refusal(result, wrong));
        return default;
    }

    private static string Refusal(ArgumentResult result, string wrong) => $"{(result.Parent as OptionResult)?.Option.Name ?? result.Argument.Name}: {wrong}";
}
