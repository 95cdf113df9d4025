using System.Security.Cryptography;
using System.Text;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages.Keys;

namespace Dfu.Protocol.Packages;

/// <summary>Gives the passphrase of an encrypted key; the reader wipes the characters.</summary>
/// <param name="path">The key's file.</param>
/// <returns>Null when nobody can be asked.</returns>
public delegate char[]? PassphraseSource(string path);

/// <summary>P-256 key pairs: the private half signs packages, the public half is compiled into bootloaders.</summary>
public static class DfuKeys
{
    /// <summary>The environment variable with the passphrase of encrypted keys.</summary>
    public const string PassphraseVariable = "DFU_KEY_PASSPHRASE";

    private const int MaxKeyFileBytes = 64 << 10;

    private delegate ECDsa Reader(ReadOnlySpan<byte> content, KeySource source);

    public static ECDsa Generate() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <param name="path">
    /// A file with EC PRIVATE KEY, PRIVATE KEY or ENCRYPTED PRIVATE KEY, as PEM or DER; byte order marks, line ends and text around it do not matter.
    /// </param>
    /// <param name="passphrase">Asked when the key is encrypted; null refuses such keys.</param>
    /// <exception cref="DfuException"><see cref="DfuError.KeyInvalid"/>, naming what the file is instead.</exception>
    public static ECDsa ReadPrivate(string path, PassphraseSource? passphrase = null) => ReadFile(path, passphrase, KeyReader.Private);

    /// <param name="path">
    /// A file with PUBLIC KEY as PEM or DER, with 64 bytes in hexadecimal as <see cref="PublicHex"/> makes them, or a bootloader's
    /// dfu_public_key.c; of a private key the public half is taken.
    /// </param>
    /// <inheritdoc cref="ReadPrivate"/>
    public static ECDsa ReadPublic(string path, PassphraseSource? passphrase = null) => ReadFile(path, passphrase, KeyReader.Public);

    /// <inheritdoc cref="ReadPrivate"/>
    public static ECDsa ParsePrivate(string text) => KeyReader.Private(Encoding.UTF8.GetBytes(text), new KeySource("FILE", null));

    /// <inheritdoc cref="ReadPublic"/>
    public static ECDsa ParsePublic(string text) => KeyReader.Public(Encoding.UTF8.GetBytes(text), new KeySource("FILE", null));

    /// <summary>The form Nordic's tool reads: EC PRIVATE KEY.</summary>
    public static string PrivatePem(ECDsa key) => key.ExportECPrivateKeyPem() + "\n";

    public static string PublicPem(ECDsa key) => key.ExportSubjectPublicKeyInfoPem() + "\n";

    /// <summary>X then Y, 32 bytes each, least significant byte first: 128 lower-case hexadecimal digits.</summary>
    public static string PublicHex(ECDsa key) => Convert.ToHexStringLower(PublicBytes(key));

    /// <summary>The key as dfu_public_key.c of an nRF5 SDK bootloader: 64 bytes, X then Y, least significant byte first.</summary>
    public static string PublicCode(ECDsa key)
    {
        var code = new StringBuilder("/* P-256 public key that DFU packages must be signed for: X then Y, least significant byte first. */\n");
        code.Append("#include <stdint.h>\n#include \"compiler_abstraction.h\"\n\n__ALIGN(4) const uint8_t pk[64] =\n{\n");
        foreach (var row in PublicBytes(key).Chunk(8)) code.Append("    ").AppendJoin(", ", row.Select(b => $"0x{b:x2}")).Append(",\n");
        return code.Append("};\n").ToString();
    }

    /// <summary>Writes the private key to a new file that only its owner may read; an existing file is never overwritten.</summary>
    /// <exception cref="DfuException"><see cref="DfuError.InvalidArgument"/>: the file exists. <see cref="DfuError.OutputNotWritten"/>.</exception>
    public static void WritePrivate(string path, ECDsa key)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        if (Path.Exists(path)) throw new DfuException(DfuError.InvalidArgument, $"{OneLine.Path(path)} exists already, and a key is never overwritten");
        var made = false;
        try
        {
            using var file = new FileStream(path, options);
            made = true;
            file.Write(Encoding.ASCII.GetBytes(PrivatePem(key)));
            file.Flush(flushToDisk: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            if (made) File.Delete(path); // half a key would only be in the way of the next try
            throw new DfuException(DfuError.OutputNotWritten, $"{OneLine.Path(path)} cannot be written: {OneLine.Of(e.Message)}", e);
        }
    }

    /// <exception cref="DfuException"><see cref="DfuError.KeyInvalid"/>.</exception>
    internal static void RequireP256(ECDsa? key)
    {
        if (key is null) return;
        try
        {
            if (key.ExportParameters(includePrivateParameters: false).Curve.Oid is { Value: P256.Oid } or { FriendlyName: "nistP256" or "ECDSA_P256" }) return;
        }
        catch (CryptographicException)
        {
        }

        throw new DfuException(DfuError.KeyInvalid, "the key is not on the curve P-256");
    }

    private static byte[] PublicBytes(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return Signatures.SwapHalves([.. point.X!, .. point.Y!]);
    }

    private static ECDsa ReadFile(string path, PassphraseSource? passphrase, Reader read)
    {
        var content = Content(path);
        try
        {
            return read(content, new KeySource(path, passphrase));
        }
        catch (DfuException fault)
        {
            throw KeyFault.In(path, fault);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    private static byte[] Content(string path)
    {
        try
        {
            return BoundedFile.Read(path, MaxKeyFileBytes, DfuError.KeyInvalid, DfuError.KeyInvalid);
        }
        catch (DfuException fault)
        {
            throw KeyFault.Of(fault.Message, "Check the path and its permissions", fault);
        }
    }
}
