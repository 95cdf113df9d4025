using System.Security.Cryptography;
using Dfu.Protocol.Packages;

namespace Dfu.Protocol.Tests.Packages;

/// <summary>The packages that Nordic's bootloader code was fed with, and the key most of them are signed for.</summary>
internal static class Samples
{
    public static readonly ECDsa PublicKey = DfuKeys.ReadPublic(PathOf("public-key.pem"));

    public static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Data", "packages", file);

    public static byte[] Bytes(string file) => File.ReadAllBytes(PathOf(file));

    /// <summary>Small ones, for tests that mutate.</summary>
    public static readonly byte[][] Small = [Bytes("app9k.zip"), Bytes("app_unsigned.zip"), Bytes("bl.zip")];
}
