using System.CommandLine;
using Dfu.Cli.Arguments;
using Dfu.Protocol.Packages;

namespace Dfu.Cli.Commands;

/// <summary><c>dfu keys generate|show</c>.</summary>
internal static class KeysCommand
{
    private enum Form
    {
        Pem,
        Hex,
        Code,
    }

    public static Command Create(Terminal terminal) =>
        new("keys", "Make the key pair that packages are signed with, or show its public half.") { Generate(terminal), Show(terminal) };

    private static Command Generate(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "Where the private key goes; an existing file is never overwritten." };
        var form = Format();
        var command = new Command("generate", "Write a new private key to a file that only its owner may read, and print its public half.") { file, form };
        command.SetAction(result =>
        {
            var path = result.GetRequiredValue(file);
            using var key = DfuKeys.Generate();
            DfuKeys.WritePrivate(path, key);
            terminal.Error.WriteLine(
                $"dfu: the private key is in {path}: keep it secret and keep a copy, for without it no device with its public half can be updated");
            Print(terminal, key, form.Of(result));
        });
        return command;
    }

    private static Command Show(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "A private or public P-256 key, in any form that --key and --public-key take." };
        var form = Format();
        var command = new Command("show", "Print the public half of a key.") { file, form };
        command.SetAction(result =>
        {
            using var key = DfuKeys.ReadPublic(result.GetRequiredValue(file), terminal.Passphrase);
            Print(terminal, key, form.Of(result));
        });
        return command;
    }

    private static Choice<Form> Format() =>
        new(
            "--format",
            "pem for other tools, hex for reading, code for the bootloader's dfu_public_key.c; --public-key takes all three.",
            ("pem", Form.Pem),
            ("hex", Form.Hex),
            ("code", Form.Code));

    private static void Print(Terminal terminal, System.Security.Cryptography.ECDsa key, Form form) => terminal.Out.WriteLine((form switch
    {
        Form.Hex => DfuKeys.PublicHex(key),
        Form.Code => DfuKeys.PublicCode(key),
        _ => DfuKeys.PublicPem(key),
    }).TrimEnd());
}
