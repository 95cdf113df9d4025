using System.ComponentModel;
using System.Text;
using Dfu.Fleet.Access;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Reports;
using Dfu.Silo.Serve;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dfu.Server.Api.Campaigns;

/// <summary>The forms of a campaign's report, as files.</summary>
internal static class CampaignReports
{
    private static readonly Dictionary<string, (ReportForm Form, string Type, string Extension)> Forms = new()
    {
        ["csv"] = (ReportForm.Csv, "text/csv; charset=utf-8", "csv"),
        ["json"] = (ReportForm.Json, "application/json; charset=utf-8", "json"),
        ["junit"] = (ReportForm.JUnit, "application/xml; charset=utf-8", "xml"),
        ["html"] = (ReportForm.Html, "text/html; charset=utf-8", "html"),
    };

    public static string[] Types { get; } = ["text/csv", "application/json", "application/xml", "text/html"];

    public static async Task<FileContentHttpResult> FileAsync(
        string campaign,
        [Description("csv, json, junit or html.")] string form,
        IFleetServer fleet,
        ServedSilo silo,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (!Forms.TryGetValue(form, out var wanted))
            throw new DfuException(DfuError.NotFound, $"there is no report of the form '{form}'") { Remedy = $"There are {string.Join(", ", Forms.Keys)}." };
        await using var followed = await fleet.FollowAsync(campaign, cancellationToken);
        var view = followed.Snapshot();
        var entry = (await fleet.CampaignsAsync(cancellationToken)).FirstOrDefault(entry => entry.Campaign == campaign);
        using var key = silo.Settings.PublicKey is { } pem ? DfuKeys.ParsePublic(pem) : null;
        var report = new CampaignReport
        {
            View = view,
            Package = PackageFacts.Of(await fleet.PackageAsync(view.PackageId, cancellationToken), entry?.Only, key),
            MadeAt = time.GetUtcNow(),
        };
        return TypedResults.File(
            Encoding.UTF8.GetBytes(ReportForms.Text(wanted.Form, report)), wanted.Type, $"campaign-{campaign}.{wanted.Extension}");
    }
}
