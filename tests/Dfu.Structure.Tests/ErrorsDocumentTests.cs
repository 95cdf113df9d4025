using System.Text;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Structure.Tests;

public sealed class ErrorsDocumentTests
{
    private const string Path = "docs/errors.md";

    private static readonly (int From, string Title, string About)[] Groups =
    [
        (100, "Packages and keys", "Found before any radio is touched."),
        (200, "The radio and the link", "Mostly temporary: the update goes on by itself."),
        (300, "What a bootloader refuses", "The device's own answer, in words."),
        (350, "The jump into the bootloader", "Between the running application and its bootloader."),
        (400, "The campaign", "Why a device ended without an update."),
        (500, "The host", "This machine, its files and its arguments."),
    ];

    [Fact]
    public void Every_error_has_a_sentence_and_a_remedy() =>
        Assert.All(Enum.GetValues<DfuError>(), error => AssertSentences(ErrorCatalog.Describe(error)));

    [Fact]
    public void Every_diagnosis_has_a_sentence_and_a_remedy() =>
        Assert.All(Enum.GetValues<Diagnosis>(), diagnosis => AssertSentences(DiagnosisCatalog.Describe(diagnosis)));

    [Fact]
    public void The_errors_page_lists_every_code_as_the_catalogue_has_it()
    {
        var wanted = Page();
        var file = System.IO.Path.Combine(Repository.Root, Path);
        if (Environment.GetEnvironmentVariable("DFU_WRITE_DOCS") == "1") File.WriteAllText(file, wanted);
        var there = File.Exists(file) ? File.ReadAllText(file) : "";
        Assert.True(
            wanted == there,
            $"{Path} is not what the catalogue says. Write it again with: DFU_WRITE_DOCS=1 ./test --filter {nameof(ErrorsDocumentTests)}");
    }

    private static void AssertSentences((string Sentence, string Remedy) text)
    {
        Assert.EndsWith(".", text.Sentence, StringComparison.Ordinal);
        Assert.EndsWith(".", text.Remedy, StringComparison.Ordinal);
    }

    private static string Page()
    {
        var text = new StringBuilder("# Errors and diagnoses\n\n"
            + "Reports, JSON and error lines carry these codes. This page is written from the catalogue in the code; a test compares the two.\n");
        for (var i = 0; i < Groups.Length; i++)
        {
            var (from, title, about) = Groups[i];
            var to = i + 1 < Groups.Length ? Groups[i + 1].From : int.MaxValue;
            text.Append($"\n## {title}\n\n{about}\n\n| code | what happened | what to do |\n|---|---|---|\n");
            foreach (var error in Enum.GetValues<DfuError>().Where(error => (int)error >= from && (int)error < to))
            {
                Row(text, error.Code(), ErrorCatalog.Describe(error));
            }
        }

        text.Append("\n## Diagnoses\n\nWhat a device was found to hold after a reconnect. They explain where an update went on, and are no errors.\n\n"
            + "| code | what was found | what to do |\n|---|---|---|\n");
        foreach (var diagnosis in Enum.GetValues<Diagnosis>()) Row(text, diagnosis.Code(), DiagnosisCatalog.Describe(diagnosis));
        return text.ToString();
    }

    private static void Row(StringBuilder text, string code, (string Sentence, string Remedy) entry) =>
        text.Append($"| `{code}` | {entry.Sentence} | {entry.Remedy} |\n");
}
