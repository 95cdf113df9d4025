using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages;

/// <summary>Something wrong with a package, on one line that names the entry.</summary>
/// <param name="Remedy">As of <see cref="DfuException.Remedy"/>.</param>
public readonly record struct PackageProblem(DfuError Error, string Text, string? Remedy = null)
{
    public DfuException ToException() => new(Error, Text) { Remedy = Remedy };
}

/// <summary>What a package says and what is wrong with it.</summary>
/// <param name="Package">Null when the package is too broken to have facts; then there is one problem.</param>
/// <param name="Problems">Empty for a package that may be sent to devices; the most telling first.</param>
public sealed record PackageInspection(DfuPackage? Package, IReadOnlyList<PackageProblem> Problems);
