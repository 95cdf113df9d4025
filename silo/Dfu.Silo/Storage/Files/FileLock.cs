using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Dfu.Silo.Storage.Files;

/// <summary>
/// A lock that the operating system holds on a file (flock): it ends with the process, however that ends. The file itself names its
/// owner for whoever is refused; the name of an owner that has ended is read by nobody, for then the lock can be taken.
/// </summary>
internal sealed partial class FileLock : IDisposable
{
    private const string Begin = "process ";
    private const int LongestOwner = 200;

    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <returns>Null when another process, or another part of this one, holds the lock.</returns>
    /// <exception cref="IOException">The file cannot be made, or is something else than a lock: a link, a pipe, a file with other content.</exception>
    /// <exception cref="UnauthorizedAccessException">The file belongs to somebody else.</exception>
    public static FileLock? TryTake(string path, TimeProvider time)
    {
        if (Open(path) is not { } file) return null;
        try
        {
            if (!OperatingSystem.IsWindows() && !Unix.TryLock(file.SafeFileHandle))
            {
                file.Dispose();
                return null;
            }

            if (!IsOwner(Read(file))) throw new IOException($"{path} is no lock file of this program: it has other content");
            Write(file, string.Create(CultureInfo.InvariantCulture, $"{Begin}{Environment.ProcessId}, since {time.GetLocalNow():yyyy-MM-dd HH:mm:ss}\n"));
            return new FileLock(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Who holds the lock, as far as is known: <c> (process 4711, since ...)</c>, or nothing.</summary>
    public static string OwnerOf(string path)
    {
        try
        {
            using var file = OperatingSystem.IsWindows()
                ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite)
                : Unix.OpenThere(path, FileAccess.Read);
            return file is not null && Read(file) is { Length: > 0 } text && IsOwner(text) ? $" ({text})" : "";
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
            _file.SetLength(0);
        }
        catch (IOException)
        {
            // The name of an owner that has ended misleads nobody.
        }

        _file.Dispose();
    }

    /// <summary>Opens what is there, and makes what is not.</summary>
    /// <remarks>Not both in one call: in a shared folder that is refused for another user's file (Linux, fs.protected_regular).</remarks>
    private static FileStream? Open(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            }
            catch (IOException held) when (held is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
            {
                return null;
            }
        }

        while (true)
        {
            if (Unix.OpenThere(path, FileAccess.ReadWrite) is { } there) return there;
            try
            {
                // What is made new follows no link: the operating system refuses a name that is taken, whatever has it.
                return new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite);
            }
            catch (IOException) when (Path.Exists(path))
            {
                // Another process made it in this moment: it is opened now.
            }
        }
    }

    private static string Read(FileStream file)
    {
        Span<byte> content = stackalloc byte[LongestOwner + 1];
        file.Position = 0;
        return Encoding.UTF8.GetString(content[..file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false)]).Trim();
    }

    private static bool IsOwner(string text) =>
        text.All(static c => c == '\0') || (text.Length < LongestOwner && text.StartsWith(Begin, StringComparison.Ordinal) && !text.Any(char.IsControl));

    private static void Write(FileStream file, string owner)
    {
        file.SetLength(0);
        file.Write(Encoding.UTF8.GetBytes(owner));
        file.Flush();
    }

    /// <summary>What .NET has no words for: to open a file without following a link, and to lock what is open.</summary>
    private static partial class Unix
    {
        private const int NoSuchFile = 2;
        private const int LinkOnLinux = 40;
        private const int LinkOnMac = 62;
        private const int HeldOnLinux = 11;
        private const int HeldOnMac = 35;
        private const int Exclusive = 2;
        private const int AtOnce = 4;
        private const int BothWays = 2;

        // O_CLOEXEC, O_NOFOLLOW and O_NONBLOCK of fcntl.h; O_NOFOLLOW differs between processors.
        private static readonly int Careful = OperatingSystem.IsMacOS()
            ? 0x1000000 | 0x100 | 0x4
            : 0x80000 | 0x800 | (RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm or Architecture.Ppc64le ? 0x8000 : 0x20000);

        /// <returns>Null when there is no such file.</returns>
        public static FileStream? OpenThere(string path, FileAccess access)
        {
            var descriptor = Open(path, Careful | (access == FileAccess.ReadWrite ? BothWays : 0));
            if (descriptor < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                return error switch
                {
                    NoSuchFile => null,
                    LinkOnLinux or LinkOnMac => throw new IOException($"{path} is a symbolic link, and a lock file is none"),
                    1 or 13 => throw new UnauthorizedAccessException($"{path}: {Marshal.GetPInvokeErrorMessage(error)}"),
                    _ => throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(error)}"),
                };
            }

            var handle = new SafeFileHandle(descriptor, ownsHandle: true);
            try
            {
                var file = new FileStream(handle, access, bufferSize: 0);
                return file.CanSeek ? file : throw new IOException($"{path} is no plain file");
            }
            catch
            {
                handle.Dispose();
                throw;
            }
        }

        /// <exception cref="IOException">The file system has no locks.</exception>
        public static bool TryLock(SafeFileHandle file)
        {
            if (Flock(file, Exclusive | AtOnce) == 0) return true;
            var error = Marshal.GetLastPInvokeError();
            return error is HeldOnLinux or HeldOnMac ? false : throw new IOException($"it cannot be locked: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
        private static partial int Open(string path, int flags);

        [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
        private static partial int Flock(SafeFileHandle file, int operation);
    }
}
