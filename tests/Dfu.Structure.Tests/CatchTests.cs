using System.Text.RegularExpressions;

namespace Dfu.Structure.Tests;

/// <summary>No failure of any kind disappears without a word.</summary>
public sealed partial class CatchTests
{
    private static readonly string[] Held = ["adapters/", "client/", "grains/", "silo/"];

    [Fact]
    public void Who_catches_everything_throws_it_on_names_which_or_uses_what_was_caught()
    {
        string[] silent =
        [.. from path in Repository.Files("*.cs")
            where Held.Any(folder => path.StartsWith(folder, StringComparison.Ordinal))
            let text = Repository.Read(path)
            from found in Silent(text)
            select $"{path}:{found}"];
        Assert.True(silent.Length == 0, string.Join('\n', silent));
    }

    [Theory]
    [InlineData("try { } catch { }", 1)]
    [InlineData("try { } catch (Exception) { }", 1)]
    [InlineData("try { } catch (Exception) { return; } var e = 1;", 1)]
    [InlineData("try { } catch (Exception e) { } Use(e);", 1)]
    [InlineData("try { } catch (Exception e) { Use(\"e\"); }", 1)]
    [InlineData("try { } catch (Exception)\n// said by whoever waits\n{\n }", 1)]
    [InlineData("try { } catch (Exception) when (true) { }", 0)]
    [InlineData("try { } catch { Close(); throw; }", 0)]
    [InlineData("try { } catch (Exception e) { if (x) { } Use(e); }", 0)]
    [InlineData("try { } catch (IOException) { }", 0)]
    public void The_rule_finds_what_it_should(string text, int silent) => Assert.Equal(silent, Silent(text).Count());

    /// <summary>Lines of those that do not.</summary>
    private static IEnumerable<int> Silent(string text)
    {
        var code = CommentOrText().Replace(text, static match => new string([.. match.Value.Select(static c => c == '\n' ? c : ' ')]));
        foreach (Match head in Catch().Matches(code))
        {
            if (head.Groups["when"].Success) continue;
            var block = Block(code, head.Index + head.Length - 1);
            var name = head.Groups["name"].Value;
            if (Throw().IsMatch(block) || (name.Length > 0 && Regex.IsMatch(block, $@"\b{name}\b"))) continue;
            yield return code[..head.Index].Count(static c => c == '\n') + 1;
        }
    }

    private static string Block(string code, int open)
    {
        var depth = 0;
        for (var at = open; at < code.Length; at++)
        {
            if (code[at] == '{') depth++;
            else if (code[at] == '}' && --depth == 0) return code[open..at];
        }

        return code[open..];
    }

    [GeneratedRegex(@"\bcatch\s*(\(\s*(System\.)?Exception\s*(?<name>\w+)?\s*\)\s*)?((?<when>when\b[^{]*)|(#pragma[^\n]*\s*))*\{")]
    private static partial Regex Catch();

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/|""""""[\s\S]*?""""""|@""(?:[^""]|"""")*""|(?<!\$)""(?:[^""\\\n]|\\.)*""|'(?:[^'\\\n]|\\.)'")]
    private static partial Regex CommentOrText();

    [GeneratedRegex(@"\bthrow\b")]
    private static partial Regex Throw();
}
