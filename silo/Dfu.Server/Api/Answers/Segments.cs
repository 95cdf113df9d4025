namespace Dfu.Server.Api.Answers;

internal static class Segments
{
    /// <summary>A part of a path as it was meant: the server leaves an escaped slash as it is, for it would make two parts.</summary>
    public static string Unescaped(this string segment) => segment.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
}
