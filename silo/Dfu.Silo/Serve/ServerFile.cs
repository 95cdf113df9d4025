using System.Net;
using System.Text.Json;
using Dfu.Silo.Storage.Files;

namespace Dfu.Silo.Serve;

/// <summary>
/// Which server has a data directory, in a file in it, so that commands of the same user find it without being told where. The file outlives a server
/// that was killed.
/// </summary>
/// <param name="Process">The id that the operating system gave the server.</param>
/// <param name="Url">Where its console and HTTP API are; null when it has none.</param>
public sealed record ServerFile(string Name, IPEndPoint Gateway, int Process, Uri? Url)
{
    private const string FileName = "server.json";
    private const int MostBytes = 4096;

    /// <summary>The server of a data directory; null when it has none, or the file is not readable.</summary>
    public static ServerFile? Read(string directory)
    {
        try
        {
            var path = Path.Combine(directory, FileName);
            if (new FileInfo(path) is not { Exists: true, Length: <= MostBytes }) return null;
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = document.RootElement;
            return IPEndPoint.TryParse(root.GetProperty("gateway").GetString() ?? "", out var gateway)
                ? new(root.GetProperty("name").GetString() ?? "", gateway, root.GetProperty("process").GetInt32(), UrlOf(root))
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Puts the file into a data directory; only its owner can read it.</summary>
    /// <exception cref="IOException">It cannot be written, and so <see cref="UnauthorizedAccessException"/>.</exception>
    internal void Write(string directory) => Durable.Write(Path.Combine(directory, FileName), part =>
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(part, options);
        using var json = new Utf8JsonWriter(file);
        json.WriteStartObject();
        json.WriteString("name", Name);
        json.WriteString("gateway", Gateway.ToString());
        json.WriteNumber("process", Process);
        if (Url is not null) json.WriteString("url", Url.ToString());
        json.WriteEndObject();
    });

    /// <summary>Takes the file away: the server stops.</summary>
    /// <exception cref="IOException">It cannot be deleted, and so <see cref="UnauthorizedAccessException"/>.</exception>
    internal static void Remove(string directory) => File.Delete(Path.Combine(directory, FileName));

    private static Uri? UrlOf(JsonElement root) =>
        root.TryGetProperty("url", out var text) && Uri.TryCreate(text.GetString(), UriKind.Absolute, out var url) ? url : null;
}
