using Dfu.Protocol.Errors;

namespace Dfu.Silo.Storage.Files;

/// <summary>The folder one process keeps its state in; owned from opening to disposal.</summary>
public sealed class DataDirectory : IDisposable
{
    private const string LockName = "lock";

    private readonly FileLock _lock;

    private DataDirectory(string path, FileLock held) => (Path, _lock) = (path, held);

    public string Path { get; }

    /// <summary>Where state is kept when nobody says: <c>$XDG_DATA_HOME/dfu</c>, else <c>~/.local/share/dfu</c>.</summary>
    /// <exception cref="DfuException">DataDirectoryUnusable: there is no home.</exception>
    public static string Default
    {
        get
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            return home.Length > 0
                ? System.IO.Path.Combine(home, "dfu")
                : throw new DfuException(DfuError.DataDirectoryUnusable, "there is no home folder to keep the data directory in");
        }
    }

    /// <summary>Makes the folder if need be, and takes it.</summary>
    /// <exception cref="DfuException">DataDirectoryInUse or DataDirectoryUnusable.</exception>
    public static DataDirectory Open(string path, TimeProvider time)
    {
        path = System.IO.Path.GetFullPath(path);
        var file = System.IO.Path.Combine(path, LockName);
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
            else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return FileLock.TryTake(file, time) is { } held
                ? new DataDirectory(path, held)
                : throw new DfuException(DfuError.DataDirectoryInUse, $"the data directory {path} is in use by another process{FileLock.OwnerOf(file)}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DfuException(DfuError.DataDirectoryUnusable, $"the data directory {path} cannot be used: {failure.Message}", failure);
        }
    }

    /// <summary>Whether a folder is, or was, a data directory.</summary>
    internal static bool Is(string folder) => File.Exists(System.IO.Path.Combine(folder, LockName));

    public void Dispose() => _lock.Dispose();
}
