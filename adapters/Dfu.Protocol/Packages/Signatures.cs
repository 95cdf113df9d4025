using System.Security.Cryptography;
using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages;

/// <summary>ECDSA P-256 over SHA-256 as bootloaders have it: r and s, 32 bytes each, least significant byte first.</summary>
internal static class Signatures
{
    public const int Bytes = 64;

    /// <exception cref="DfuException"><see cref="DfuError.InvalidArgument"/>: there is no private key.</exception>
    public static byte[] Sign(ReadOnlySpan<byte> data, ECDsa? privateKey)
    {
        if (privateKey is null)
        {
            throw new DfuException(DfuError.InvalidArgument, "boot validation of the kind ecdsa needs a private key to sign with")
            {
                Remedy = "Give it with --key.",
            };
        }

        try
        {
            return SwapHalves(privateKey.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        }
        catch (CryptographicException e)
        {
            throw new DfuException(DfuError.KeyInvalid, "the key has no private half to sign with", e);
        }
    }

    public static bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature, ECDsa publicKey)
    {
        try
        {
            return signature.Length == Bytes
                && publicKey.VerifyData(data, SwapHalves(signature), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Reverses the bytes of both halves, r and s or X and Y: from the bootloader's order to that of cryptography libraries, and back.</summary>
    public static byte[] SwapHalves(ReadOnlySpan<byte> halves)
    {
        var swapped = halves.ToArray();
        swapped.AsSpan(0, swapped.Length / 2).Reverse();
        swapped.AsSpan(swapped.Length / 2).Reverse();
        return swapped;
    }
}
