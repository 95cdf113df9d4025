using System.Globalization;
using System.Security.Cryptography;

namespace Dfu.BlueZ.Rig.Setup;

/// <summary>A package file as apt knows it.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="Hash">ALGORITHM:HEX; apt prints the strongest it has been told.</param>
internal sealed record DebianPackage(string File, long Size, string Hash)
{
    /// <summary>What <c>apt-get download</c> takes for exactly this one.</summary>
    public string Wanted
    {
        get
        {
            var parts = File.Split('_');
            return $"{parts[0]}={Uri.UnescapeDataString(parts[1])}";
        }
    }

    /// <summary>'URI' FILE SIZE HASH</summary>
    public static DebianPackage? Parse(string line) =>
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [['\'', ..], var file, var size, var hash]
            && long.TryParse(size, CultureInfo.InvariantCulture, out var bytes)
            ? new(file, bytes, hash)
            : null;

    /// <summary>Whether the file is there, whole and right.</summary>
    public bool IsIn(string folder)
    {
        var path = Path.Combine(folder, File);
        if (!System.IO.File.Exists(path) || new FileInfo(path).Length != Size) return false;
        using var content = System.IO.File.OpenRead(path);
        return Hash.Split(':') switch
        {
            ["SHA256", var hex] => Convert.ToHexStringLower(SHA256.HashData(content)) == hex,
            ["SHA512", var hex] => Convert.ToHexStringLower(SHA512.HashData(content)) == hex,
            // What apt prints for packages to install; it checked the stronger ones itself when it downloaded.
            ["MD5Sum", var hex] => Convert.ToHexStringLower(Md5(content)) == hex,
            _ => false,
        };
    }

#pragma warning disable CA5351 // Against a file that was cut off, not against forgery.
    private static byte[] Md5(Stream content) => MD5.HashData(content);
#pragma warning restore CA5351
}
