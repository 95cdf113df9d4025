using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages;

/// <summary>What a command wanted a file for.</summary>
public enum FileUse
{
    /// <summary>To look into or to send.</summary>
    Package,

    /// <summary>To put into a package.</summary>
    Firmware,

    /// <summary>To sign or to verify with.</summary>
    Key,
}

/// <summary>What commands can do with a file of some kind.</summary>
public enum FileFamily
{
    /// <summary>Nothing: it is told what it is.</summary>
    Other,

    /// <summary>Nothing: there is no content.</summary>
    Blank,
    SecurePackage,
    IntelHex,

    /// <summary>Bytes as they lie in flash.</summary>
    Binary,
    Key,

    /// <summary>Text without a form of its own; a key in hexadecimal digits or C code is one.</summary>
    Text,
}

/// <summary>What a file is, seen from its content, and what to do with it.</summary>
/// <param name="Family">What commands can do with it.</param>
/// <param name="Name">With its article, fit to follow "this is".</param>
/// <param name="InsteadOfPackage">What to do when a package was wanted; null for what holds for any file.</param>
/// <param name="InsteadOfFirmware">What to do when firmware was wanted; null for the same as <paramref name="InsteadOfPackage"/>.</param>
public sealed record FileKind(FileFamily Family, string Name, string? InsteadOfPackage = null, string? InsteadOfFirmware = null)
{
    private const string GivePackage = "Give the zip that 'dfu package create' or Nordic's nrfutil made.";
    private const string GiveFirmware = "Give the HEX or BIN file that was built for the device.";
    private const string GiveKey = "Give the file that 'dfu keys generate' or 'nrfutil keys generate' wrote.";

    /// <summary>What it means when a package was wanted.</summary>
    public DfuError PackageError { get; init; } = Family is FileFamily.Blank or FileFamily.Text ? DfuError.PackageNotAZip : DfuError.NotADfuPackage;

    /// <summary>One sentence.</summary>
    public string RemedyFor(FileUse use) => use switch
    {
        FileUse.Package => InsteadOfPackage ?? GivePackage,
        FileUse.Firmware => InsteadOfFirmware ?? InsteadOfPackage ?? GiveFirmware,
        _ => GiveKey,
    };
}
