namespace Dfu.Adapters.Simulated.Tests;

public sealed class TranscriptTests
{
    public static TheoryData<string> Replayed => [.. TestData.TranscriptNames.Where(name => !name.StartsWith("42", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Replayed))]
    public void Answers_what_Nordics_code_answered(string transcript) => TranscriptReplay.Run(transcript);
}
