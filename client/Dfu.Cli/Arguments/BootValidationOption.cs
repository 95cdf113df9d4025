using System.CommandLine;
using Dfu.Protocol.Packages;

namespace Dfu.Cli.Arguments;

/// <summary><c>--app-boot-validation</c> and <c>--sd-boot-validation</c>, in few letters or as Nordic's tool writes them.</summary>
internal static class BootValidationOption
{
    private static readonly (string Word, string Nordic, BootValidationKind Kind)[] Kinds =
    [
        ("crc", "VALIDATE_GENERATED_CRC", BootValidationKind.Crc),
        ("sha256", "VALIDATE_GENERATED_SHA256", BootValidationKind.Sha256),
        ("ecdsa", "VALIDATE_ECDSA_P256_SHA256", BootValidationKind.EcdsaP256Sha256),
        ("none", "NO_VALIDATION", BootValidationKind.None),
    ];

    public static Option<BootValidationKind?> Of(string name, string description) => Option.Of<BootValidationKind?>(
        name,
        description,
        TryParse,
        $"one of {string.Join(", ", Kinds.Select(kind => kind.Word))} (or {string.Join(", ", Kinds.Select(kind => kind.Nordic))})",
        null,
        string.Join('|', Kinds.Select(kind => kind.Word)));

    private static bool TryParse(string text, out BootValidationKind? kind)
    {
        var index = Array.FindIndex(Kinds, known =>
            known.Word.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase) || known.Nordic.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase));
        kind = index < 0 ? null : Kinds[index].Kind;
        return index >= 0;
    }
}
