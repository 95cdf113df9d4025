using Dfu.Reports.Html;

namespace Dfu.Reports;

/// <summary>The forms a report may have.</summary>
public enum ReportForm
{
    Csv,
    Json,
    JUnit,
    Html,
}

public static class ReportForms
{
    public static string Text(ReportForm form, CampaignReport report) => form switch
    {
        ReportForm.Csv => CsvReport.Write(report),
        ReportForm.JUnit => JUnitReport.Write(report),
        ReportForm.Html => HtmlReport.Write(report),
        _ => RunDocument.Of(report).ToJson() + "\n",
    };
}
