namespace Dfu.Fuzz.Engine;

/// <summary>A parser, and what must hold of it for every input.</summary>
internal interface IFuzzTarget
{
    /// <summary>One word, of the command line and of the corpus's files.</summary>
    string Name { get; }

    /// <summary>Real inputs; the corpus adds to them what mutation found.</summary>
    IEnumerable<byte[]> Seeds { get; }

    /// <summary>What mutation cannot guess: keywords, magic numbers.</summary>
    IReadOnlyList<byte[]> Words => [];

    /// <summary>Most bytes of an input.</summary>
    int Longest => 4096;

    /// <summary>Parses. Throws for an exception that the parser does not promise, and <see cref="Flaw"/> for a promise that does not hold.</summary>
    void Run(byte[] input);
}

/// <summary>A promise that did not hold.</summary>
internal sealed class Flaw(string what) : Exception(what)
{
    public static void If(bool broken, string what)
    {
        if (broken) throw new Flaw(what);
    }

    /// <summary>Messages are one line, and fit for a terminal.</summary>
    public static void UnlessOneLine(string text)
    {
        if (text.Length > 2000) throw new Flaw($"a message of {text.Length} characters: {text[..100]}...");
        if (text.Any(char.IsControl)) throw new Flaw($"a message with control characters: {string.Concat(text.Select(Visible))}");
    }

    private static string Visible(char character) => char.IsControl(character) ? $"\\u{(int)character:x4}" : character.ToString();
}
