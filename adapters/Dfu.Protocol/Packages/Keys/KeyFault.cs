using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages.Keys;

/// <summary>What keeps a file from being the key that is needed; every fault is <see cref="DfuError.KeyInvalid"/>.</summary>
internal static class KeyFault
{
    private const string Needed = "packages are signed with ECDSA keys on the curve P-256";

    /// <param name="what">What is wrong, without a full stop.</param>
    /// <param name="remedy">Null where a new key, or another file, is all that helps.</param>
    public static DfuException Of(string what, string? remedy = null, Exception? inner = null) => new(DfuError.KeyInvalid, what, inner) { Remedy = remedy };

    /// <summary>The file is something else.</summary>
    /// <param name="what">With its article: <c>an RSA key</c>.</param>
    /// <param name="remedy">The line that makes a P-256 key of it, where there is one.</param>
    public static DfuException Is(string what, string? remedy = null) => Of($"this is {what}, but {Needed}", remedy);

    /// <summary>The same fault with the file's path before it.</summary>
    public static DfuException In(string path, DfuException fault) =>
        new(fault.Error, $"{OneLine.Path(path)}: {fault.Message}", fault) { Remedy = fault.Remedy };
}
