using System.Text.Json;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Access;

/// <summary>
/// Access keys that <c>dfu login</c> keeps, one for each server: <c>$XDG_CONFIG_HOME/dfu/access-keys.json</c>, else <c>~/.config/dfu/...</c>, in a folder
/// and a file that nobody else reads.
/// </summary>
/// <param name="folder">Where the file is.</param>
internal sealed class KeptKeys(string folder)
{
    private const string FileName = "access-keys.json";
    private const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnFolder = OwnFile | UnixFileMode.UserExecute;
    private const UnixFileMode Others = (UnixFileMode)0b000_111_111;
    private const int MostBytes = 1 << 20;

    private static readonly JsonSerializerOptions Form = new() { WriteIndented = true };

    public string File { get; } = Path.Combine(folder, FileName);

    /// <summary>The user's.</summary>
    /// <exception cref="DfuException">OutputNotWritten: there is no home.</exception>
    public static KeptKeys OfUser()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return home.Length > 0
            ? new(Path.Combine(home, "dfu"))
            : throw new DfuException(DfuError.OutputNotWritten, "there is no home folder to keep access keys in")
            {
                Remedy = "Give the key in DFU_ACCESS_KEY.",
            };
    }

    /// <summary>Null when none is kept for that server.</summary>
    /// <exception cref="DfuException">InvalidArgument: others can read the file, or it holds something else.</exception>
    public string? For(Uri server) => Read().GetValueOrDefault(Name(server));

    /// <summary>It replaces one that is kept for that server.</summary>
    /// <exception cref="DfuException">OutputNotWritten, and as of <see cref="For"/>.</exception>
    public void Keep(Uri server, string key)
    {
        var keys = Read();
        keys[Name(server)] = key;
        Write(keys);
    }

    /// <returns>Whether one was kept.</returns>
    /// <exception cref="DfuException">OutputNotWritten, and as of <see cref="For"/>.</exception>
    public bool Forget(Uri server)
    {
        var keys = Read();
        if (!keys.Remove(Name(server))) return false;
        Write(keys);
        return true;
    }

    private static string Name(Uri server) => server.GetLeftPart(UriPartial.Path).TrimEnd('/').ToLowerInvariant();

    private SortedDictionary<string, string> Read()
    {
        try
        {
            if (!System.IO.File.Exists(File)) return [];
            if (!OperatingSystem.IsWindows() && (System.IO.File.GetUnixFileMode(File) & Others) != 0)
                throw Unusable("can be read by others", $"Make it yours alone with 'chmod 600 {File}', and revoke its keys if somebody may have read it.");
            if (new FileInfo(File).Length > MostBytes) throw Unusable("is larger than any list of keys", null);
            return JsonSerializer.Deserialize<SortedDictionary<string, string>>(System.IO.File.ReadAllBytes(File)) ?? [];
        }
        catch (JsonException)
        {
            throw Unusable("does not hold what 'dfu login' keeps", null); // without what it holds: that may be a key
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable($"cannot be read: {e.Message}", null);
        }
    }

    private DfuException Unusable(string what, string? remedy) =>
        new(DfuError.InvalidArgument, $"{File} {what}") { Remedy = remedy ?? "Delete it and run 'dfu login' again." };

    private void Write(SortedDictionary<string, string> keys)
    {
        var part = $"{File}.{Guid.NewGuid():N}.part";
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, OwnFolder);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnFile;
            using (var file = new FileStream(part, options)) JsonSerializer.Serialize(file, keys, Form);
            System.IO.File.Move(part, File, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            System.IO.File.Delete(part);
            throw new DfuException(DfuError.OutputNotWritten, $"{File} cannot be written: {e.Message}", e);
        }
    }
}
