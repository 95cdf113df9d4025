using System.CommandLine;
using System.Security.Cryptography;
using Dfu.Protocol.Packages;

namespace Dfu.Cli.Arguments;

/// <summary>An option that names a key file: <c>--public-key</c> or <c>--key</c>.</summary>
internal sealed class KeyOption : Option<string?>
{
    private readonly bool _private;

    private KeyOption(bool isPrivate, string name, string description, params string[] aliases)
        : base(name, aliases)
    {
        _private = isPrivate;
        Description = description;
        HelpName = "KEY";
    }

    public static KeyOption Public(string description) => new(false, "--public-key", description);

    /// <summary>Nordic's tool calls it <c>--key-file</c>.</summary>
    public static KeyOption Private(string description) => new(true, "--key", description, "--key-file");

    /// <returns>Null when the option is not given.</returns>
    public ECDsa? Read(ParseResult result, Terminal terminal) => (result.GetValue(this), _private) switch
    {
        (null, _) => null,
        ({ } path, true) => DfuKeys.ReadPrivate(path, terminal.Passphrase),
        ({ } path, false) => DfuKeys.ReadPublic(path, terminal.Passphrase),
    };
}
