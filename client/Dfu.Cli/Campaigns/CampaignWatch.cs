using Dfu.Cli.Commands;
using Dfu.Cli.Progress;

namespace Dfu.Cli.Campaigns;

/// <summary>Follows a campaign of a server with the progress and summary of <c>dfu flash</c>.</summary>
internal static class CampaignWatch
{
    /// <param name="called">How the campaign is called on a command line.</param>
    /// <param name="stop">Ends the watching and leaves the campaign alone.</param>
    /// <returns>The exit code: of the campaign, or Interrupted.</returns>
    public static async Task<int> RunAsync(
        Terminal terminal, IFollowedCampaign campaign, string called, ProgressTitle title, bool json, WantedReport? report, CancellationToken stop)
    {
        try
        {
            var view = await CampaignRun.ShowAsync(terminal, title, campaign.Snapshot, campaign.WaitAsync(stop));
            return CampaignRun.Report(terminal, title, view, json, report, []);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            if (json) terminal.Out.WriteLine(RunDocument.Of(campaign.Snapshot()).ToJson());
            terminal.Error.WriteLine(
                $"dfu: the campaign goes on at its server: 'dfu campaign watch {called}' follows it again, 'dfu campaign cancel {called}' ends it");
            return ExitCode.Interrupted;
        }
    }
}
