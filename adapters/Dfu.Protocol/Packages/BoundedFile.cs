using System.Security;
using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages;

/// <summary>Reads a whole file, but never more than a limit, whatever the file says about its own length.</summary>
internal static class BoundedFile
{
    public static byte[] Read(string path, int limit, DfuError unreadable, DfuError tooLarge)
    {
        if (Directory.Exists(path)) throw new DfuException(unreadable, $"{OneLine.Path(path)} is a folder");
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (file.CanSeek && file.Length > limit) throw TooLarge(path, limit, tooLarge);
            using var content = new MemoryStream(file.CanSeek ? (int)file.Length : 0);
            var buffer = new byte[81920];
            for (int read; (read = file.Read(buffer)) > 0;)
            {
                if (content.Length + read > limit) throw TooLarge(path, limit, tooLarge);
                content.Write(buffer, 0, read);
            }

            return content.ToArray();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DfuException(unreadable, $"{OneLine.Path(path)} does not exist", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException or SecurityException)
        {
            throw new DfuException(unreadable, $"{OneLine.Path(path)} cannot be read: {OneLine.Of(e.Message)}", e);
        }
    }

    private static DfuException TooLarge(string path, int limit, DfuError error) =>
        new(error, $"{OneLine.Path(path)} is larger than {limit} bytes");
}
