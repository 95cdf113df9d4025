using System.CommandLine;

namespace Dfu.Cli.Arguments;

/// <summary>An option that takes one of some words, each of which stands for a value. The first is the default.</summary>
internal sealed class Choice<T> : Option<string>
{
    private readonly (string Word, T Value)[] _choices;

    public Choice(string name, string description, params (string Word, T Value)[] choices)
        : base(name)
    {
        _choices = choices;
        var words = choices.Select(choice => choice.Word).ToArray();
        Description = description;
        HelpName = string.Join('|', words);
        DefaultValueFactory = _ => words[0];
        CustomParser = result =>
        {
            var text = result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value.Trim();
            var word = Array.Find(words, word => word.Equals(text, StringComparison.OrdinalIgnoreCase));
            if (word is null) result.AddError($"{name}: '{text}' is not one of {string.Join(", ", words)}");
            return word ?? words[0];
        };
    }

    public T Of(ParseResult result) => Array.Find(_choices, choice => choice.Word == result.GetValue(this)).Value;
}
