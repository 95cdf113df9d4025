using Dfu.Protocol.Packages;

namespace Dfu.Cli;

/// <summary>Takes the passphrase of an encrypted key from the environment, or asks for it on a terminal without showing it.</summary>
internal sealed class PassphrasePrompt(TextWriter prompt)
{
    private const int MostCharacters = 1024;

    /// <inheritdoc cref="PassphraseSource"/>
    public char[]? Ask(string path)
    {
        if (Environment.GetEnvironmentVariable(DfuKeys.PassphraseVariable) is { Length: > 0 } given) return given.ToCharArray();
        if (Console.IsInputRedirected) return null;
        prompt.Write($"passphrase of {path}: ");
        prompt.Flush();
        var typed = new char[MostCharacters];
        var count = 0;
        for (ConsoleKeyInfo key; (key = Console.ReadKey(intercept: true)).Key != ConsoleKey.Enter;)
        {
            if (key.Key == ConsoleKey.Backspace) count = Math.Max(0, count - 1);
            else if (!char.IsControl(key.KeyChar) && count < MostCharacters) typed[count++] = key.KeyChar;
        }

        prompt.WriteLine();
        var passphrase = typed[..count];
        Array.Clear(typed);
        return passphrase;
    }
}
