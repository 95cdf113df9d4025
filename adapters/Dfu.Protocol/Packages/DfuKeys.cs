using System.Security.Cryptography;
using System.Text;
using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages;

/// <summary>P-256 key pairs: the private half signs packages, the public half is compiled into bootloaders.</summary>
public static class DfuKeys
{
    private const string P256 = "1.2.840.10045.3.1.7";
    private const int MaxKeyFileBytes = 64 << 10;

    public static ECDsa Generate() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <param name="path">A PEM file with EC PRIVATE KEY or PRIVATE KEY (not encrypted).</param>
    /// <exception cref="DfuException"><see cref="DfuError.KeyInvalid"/>.</exception>
    public static ECDsa ReadPrivate(string path) => ReadFile(path, ParsePrivate);

    /// <param name="path">A PEM file with PUBLIC KEY; of a private key the public half is taken.</param>
    /// <exception cref="DfuException"><see cref="DfuError.KeyInvalid"/>.</exception>
    public static ECDsa ReadPublic(string path) => ReadFile(path, ParsePublic);

    /// <inheritdoc cref="ReadPrivate"/>
    public static ECDsa ParsePrivate(string pem)
    {
        var key = Import(pem);
        if (HasPrivateHalf(key)) return key;
        key.Dispose();
        throw new DfuException(DfuError.KeyInvalid, "it holds a public key, a private one is needed");
    }

    /// <inheritdoc cref="ReadPublic"/>
    public static ECDsa ParsePublic(string pem)
    {
        using var key = Import(pem);
        return ECDsa.Create(key.ExportParameters(includePrivateParameters: false));
    }

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
            if (key.ExportParameters(includePrivateParameters: false).Curve.Oid is { Value: P256 } or { FriendlyName: "nistP256" or "ECDSA_P256" }) return;
        }
        catch (CryptographicException)
        {
        }

        throw new DfuException(DfuError.KeyInvalid, "the key is not on the curve P-256");
    }

    private static ECDsa Import(string pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            RequireP256(key);
            return key;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException or PlatformNotSupportedException)
        {
            key.Dispose();
            var encrypted = pem.Contains("ENCRYPTED", StringComparison.Ordinal);
            var what = encrypted ? "the private key is encrypted; decrypt it first" : "there is no P-256 key in PEM form, or more than one";
            throw new DfuException(DfuError.KeyInvalid, what, e);
        }
        catch (DfuException)
        {
            key.Dispose();
            throw;
        }
    }

    private static bool HasPrivateHalf(ECDsa key)
    {
        try
        {
            CryptographicOperations.ZeroMemory(key.ExportParameters(includePrivateParameters: true).D);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static byte[] PublicBytes(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return InitPacket.SwapHalves([.. point.X!, .. point.Y!]);
    }

    private static ECDsa ReadFile(string path, Func<string, ECDsa> parse)
    {
        var text = Encoding.UTF8.GetString(BoundedFile.Read(path, MaxKeyFileBytes, DfuError.KeyInvalid, DfuError.KeyInvalid));
        try
        {
            return parse(text);
        }
        catch (DfuException e)
        {
            throw new DfuException(e.Error, $"{OneLine.Path(path)}: {e.Message}", e);
        }
    }
}
