namespace Dfu.Protocol.Packages.Keys;

/// <summary>Where a key comes from.</summary>
/// <param name="Path">As the user gave it; in the lines that convert the file.</param>
/// <param name="Passphrase">Asked when the key is encrypted.</param>
internal sealed record KeySource(string Path, PassphraseSource? Passphrase)
{
    /// <summary>The path as a shell takes it.</summary>
    public string Quoted => $"'{Path.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    /// <summary>The line that takes the passphrase off.</summary>
    public string Decrypts => $"openssl pkey -in {Quoted} -out plain.pem";

    /// <summary>Calls <paramref name="use"/> with the passphrase and wipes it afterwards.</summary>
    public T WithPassphrase<T>(Func<char[], T> use)
    {
        var passphrase = Passphrase?.Invoke(Path);
        if (passphrase is null)
        {
            throw KeyFault.Of(
                "the private key is encrypted, and its passphrase is not known",
                $"Set {DfuKeys.PassphraseVariable}, run this on a terminal, or decrypt the key with: {Decrypts}");
        }

        try
        {
            return use(passphrase);
        }
        finally
        {
            Array.Clear(passphrase);
        }
    }

    public static Errors.DfuException WrongPassphrase(Exception? inner = null) =>
        KeyFault.Of("the passphrase does not fit this key", $"Try again, and look at {DfuKeys.PassphraseVariable} if it is set", inner);
}
