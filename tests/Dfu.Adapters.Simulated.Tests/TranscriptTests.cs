using Dfu.Protocol.Requests;

namespace Dfu.Adapters.Simulated.Tests;

public sealed class TranscriptTests
{
    /// <summary>Depends on bursts that no connection event carries and on pauses the transcript does not tell.</summary>
    private const string Burst = "42_real_time_flash_no_flow_control";

    public static TheoryData<string> Replayed => [.. TestData.TranscriptNames.Where(name => name != Burst)];

    [Theory]
    [MemberData(nameof(Replayed))]
    public void Answers_what_Nordics_code_answered(string transcript) => TranscriptReplay.Run(transcript);

    [Fact]
    public void The_table_names_every_transcript_and_how_it_is_kept()
    {
        var rows = TestData.Table.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)).ToList();
        Assert.Equal(TestData.TranscriptNames.Order(StringComparer.Ordinal), rows.Select(row => row[1].Trim('`')).Order(StringComparer.Ordinal));
        Assert.All(rows, row => Assert.Equal(row[1] == $"`{Burst}`" ? "own test" : "replayed", row[2]));
    }

    /// <summary>Transcript 42: a sender without any pacing, with nRF52840 flash times.</summary>
    [Fact]
    public void A_burst_without_pacing_loses_what_the_transcript_lost() => TestHost.Run(
        async host =>
        {
            host.Image = TestData.Image("app9k");
            var lines = TestData.Transcript(Burst).Where(
                line => line.Contains("offset=", StringComparison.Ordinal) && line.StartsWith("< NOTIFY  60 03", StringComparison.Ordinal));
            var expected = lines.Select(line => line[10..].Split("   ")[0].Replace(" ", "", StringComparison.Ordinal)).Skip(1).ToList();
            await host.ConnectAsync();
            await host.InitAsync();
            await host.SelectAsync(ObjectType.Data);
            for (var round = 0; round < 4; round++)
            {
                Assert.Equal("600101", await host.CreateAsync(ObjectType.Data, 4096));
                if (round > 0) await host.Wait(120);
                await host.SendAsync(host.Image.Firmware.AsMemory(0, 4096));
                Assert.Equal(expected[round], await host.AskAsync(OpCode.GetCrc));
                Assert.Equal(6 + round, host.Device.Counters.PacketsRefused);
                await host.Wait(300);
            }

            Assert.Equal(4, expected.Count);
        },
        link: LinkModel.Perfect with { Interval = TimeSpan.FromMilliseconds(7.5), PacketsPerEvent = 32 });
}
