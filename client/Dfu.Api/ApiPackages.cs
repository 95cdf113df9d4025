using System.Collections.Immutable;
using Dfu.Protocol.Packages.Doubts;
using Dfu.Reports;

namespace Dfu.Api;

/// <summary>A package that the fleet keeps.</summary>
/// <param name="Id">SHA-256 of the file, 64 lower-case hexadecimal digits.</param>
/// <param name="NeededAt">When it was uploaded or a campaign last needed it, to the day.</param>
/// <param name="Campaigns">Those that send it, oldest first.</param>
/// <param name="Title">Its images with their versions, in words; null when its file is damaged.</param>
/// <param name="FirmwareBytes">Of all images together.</param>
public sealed record ApiPackageEntry(string Id, DateTimeOffset? NeededAt, ImmutableArray<string> Campaigns, string? Title, long FirmwareBytes);

/// <summary>What a package holds: the document of <c>dfu package show --json</c>, and what speaks against it.</summary>
/// <param name="FileBytes">Size of the zip file.</param>
/// <param name="Signature">Of all images together: <c>none</c>, <c>notChecked</c>, <c>verified</c> or <c>invalid</c>.</param>
/// <param name="Signer">SHA-256 of the server's public key that the signatures were checked against; null when it has none.</param>
public sealed record ApiPackage(
    string Id, IReadOnlyList<PackageImage> Images, string Title, long FileBytes, string Signature, string? Signer, ImmutableArray<Doubt> Doubts);
