using System.Text;

namespace Dfu.Protocol.Packages.Keys;

/// <summary>One block of a PEM text: what lies between its BEGIN and END lines.</summary>
/// <param name="Label">Between <c>-----BEGIN </c> and <c>-----</c>.</param>
/// <param name="Headers">Lines such as <c>DEK-Info: AES-128-CBC,...</c>.</param>
/// <remarks>RFC 7468, read leniently: line ends, indentation, one long line and text around the blocks do not matter. RFC 1421, 4.6: headers.</remarks>
internal sealed record PemBlock(string Label, IReadOnlyDictionary<string, string> Headers, byte[] Content)
{
    private const string Begin = "-----BEGIN ";
    private const string Dashes = "-----";

    public static IEnumerable<PemBlock> Of(string text)
    {
        for (int at = 0, begin; (begin = text.IndexOf(Begin, at, StringComparison.Ordinal)) >= 0;)
        {
            var labelStart = begin + Begin.Length;
            var labelEnd = text.IndexOf(Dashes, labelStart, StringComparison.Ordinal);
            if (labelEnd < 0) throw Cut();
            var label = text[labelStart..labelEnd];
            var end = text.IndexOf($"-----END {label}-----", labelEnd, StringComparison.Ordinal);
            if (end < 0) throw Cut();
            yield return Block(label, text[(labelEnd + Dashes.Length)..end]);
            at = end + 1;
        }
    }

    private static PemBlock Block(string label, string body)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var base64 = new StringBuilder(body.Length);
        foreach (var line in body.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon) headers.TryAdd(line[..colon].Trim(), line[(colon + 1)..].Trim());
            else base64.Append(line);
        }

        var content = new byte[base64.Length];
        return Convert.TryFromBase64String(base64.ToString(), content, out var length) && length > 0
            ? new(label, headers, content[..length])
            : throw KeyFault.Of($"its block {OneLine.Quoted(label)} is {(base64.Length == 0 ? "empty" : "damaged")}", "Copy the file again");
    }

    private static Errors.DfuException Cut() => KeyFault.Of("it is cut short: a BEGIN line has no END line of its kind", "Copy the file again");
}
