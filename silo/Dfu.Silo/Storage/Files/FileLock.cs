using System.Globalization;

namespace Dfu.Silo.Storage.Files;

/// <summary>
/// A lock the operating system holds (flock): it ends with the process, however that ends. A second file beside it names the
/// owner for whoever is refused; that one may be stale and decides nothing.
/// </summary>
internal sealed class FileLock : IDisposable
{
    // EWOULDBLOCK as .NET reports a lock held elsewhere: Linux, then macOS.
    private const int HeldOnLinux = 11;
    private const int HeldOnMac = 35;
    private const UnixFileMode Everybody =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly FileStream _file;
    private readonly string _owner;

    private FileLock(FileStream file, string owner) => (_file, _owner) = (file, owner);

    /// <returns>Null when another process, or another part of this one, holds the lock.</returns>
    /// <exception cref="IOException">The file cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The file belongs to somebody else.</exception>
    public static FileLock? TryTake(string path, TimeProvider time)
    {
        FileStream file;
        try
        {
            file = Open(path);
        }
        catch (IOException held) when (held.HResult is HeldOnLinux or HeldOnMac)
        {
            return null;
        }

        var owner = path + ".owner";
        try
        {
            File.WriteAllText(
                owner,
                string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId}, since {time.GetLocalNow():yyyy-MM-dd HH:mm:ss}\n"));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A note for people; the lock holds without it.
        }

        return new FileLock(file, owner);
    }

    /// <summary>Who holds the lock, as far as is known: <c> (process 4711, since ...)</c>, or nothing.</summary>
    public static string OwnerOf(string path)
    {
        try
        {
            var text = File.ReadAllText(path + ".owner").Trim();
            return text.Length is > 0 and < 200 && !text.Any(char.IsControl) ? $" ({text})" : "";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    public void Dispose()
    {
        try
        {
            File.Delete(_owner);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // See above.
        }

        _file.Dispose();
    }

    // Opening an existing file first: in a shared folder with the sticky bit, creating over another user's file is refused.
    private static FileStream Open(string path)
    {
        if (File.Exists(path)) return new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        if (!OperatingSystem.IsWindows())
        {
            // The file stays when its maker has ended, and the next one to lock it may be another user, whom a umask would keep out.
            try
            {
                File.SetUnixFileMode(file.SafeFileHandle, Everybody);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Another user made it in this moment, or the file system knows no modes.
            }
        }

        return file;
    }
}
