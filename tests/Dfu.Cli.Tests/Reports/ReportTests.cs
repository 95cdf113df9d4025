using System.Xml.Linq;
using Dfu.Cli.Reports;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Cli.Tests.Reports;

public sealed class ReportTests
{
    private static readonly CampaignView View = Views.Campaign(
        CampaignOutcome.Failed,
        Views.Updated(1).Resumed(73_728, 65_536, Diagnosis.BackAtSave),
        Views.Failed(2, DfuError.VersionRefused, "said \"no\", twice"),
        Views.Device(3, DevicePhase.Queued));

    [Fact]
    public void Json_has_exactly_the_documented_fields_in_their_order() => Assert.Equal(
        """
        {
          "outcome": "failed",
          "packageId": "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
          "devices": [
            {
              "device": "C0:98:76:54:00:02",
              "outcome": "updated",
              "error": null,
              "detail": "",
              "attempts": 2,
              "bytesTotal": 204800,
              "bytesSent": 212992,
              "bytesResent": 8192,
              "resumes": [
                {
                  "stored": 73728,
                  "held": 65536,
                  "diagnosis": "backAtSave"
                }
              ],
              "adapter": "sim:1",
              "seconds": 12.5
            },
            {
              "device": "C0:98:76:54:00:04",
              "outcome": "failed",
              "error": "versionRefused",
              "detail": "said \u0022no\u0022, twice",
              "attempts": 1,
              "bytesTotal": 204800,
              "bytesSent": 4096,
              "bytesResent": 0,
              "resumes": [],
              "adapter": "sim:1",
              "seconds": 12.5
            },
            {
              "device": "C0:98:76:54:00:06",
              "outcome": "pending",
              "error": null,
              "detail": "",
              "attempts": 1,
              "bytesTotal": 204800,
              "bytesSent": 0,
              "bytesResent": 0,
              "resumes": [],
              "adapter": null,
              "seconds": 12.5
            }
          ],
          "totals": {
            "devices": 3,
            "updated": 1,
            "failed": 1,
            "bytesSent": 217088,
            "bytesResent": 8192,
            "seconds": 75.25
          }
        }
        """,
        RunDocument.Of(View).ToJson());

    [Fact]
    public void A_json_report_names_the_bootloader_too() =>
        Assert.Contains("\"bootloader\": \"C0:98:76:54:00:03\"", RunDocument.Of(View, bothAddresses: true).ToJson(), StringComparison.Ordinal);

    [Fact]
    public void Csv_names_both_addresses_and_quotes_what_needs_it() => Assert.Equal(
        """
        device,bootloader,outcome,error,detail,attempts,bytesTotal,bytesSent,bytesResent,drops,adapter,seconds
        C0:98:76:54:00:02,C0:98:76:54:00:03,updated,,,2,204800,212992,8192,1,sim:1,12.5
        C0:98:76:54:00:04,C0:98:76:54:00:05,failed,versionRefused,"said ""no"", twice",1,204800,4096,0,0,sim:1,12.5
        C0:98:76:54:00:06,C0:98:76:54:00:07,pending,,,1,204800,0,0,0,,12.5

        """,
        ReportFile.Csv(View));

    [Fact]
    public void A_cell_that_begins_like_a_formula_is_text() =>
        Assert.Contains(
            ",'=1+1,",
            ReportFile.Csv(Views.Campaign(CampaignOutcome.Failed, Views.Failed(1, DfuError.NotHeard, "=1+1"))),
            StringComparison.Ordinal);

    [Fact]
    public void Xml_is_what_test_farms_read()
    {
        var suite = XDocument.Parse(ReportFile.JUnit(View)).Root!.Element("testsuite")!;
        Assert.Equal(("3", "1", "1"), (suite.Attribute("tests")!.Value, suite.Attribute("failures")!.Value, suite.Attribute("skipped")!.Value));
        var cases = suite.Elements("testcase").ToList();
        Assert.Equal(["C0:98:76:54:00:02", "C0:98:76:54:00:04", "C0:98:76:54:00:06"], cases.Select(test => test.Attribute("name")!.Value));
        Assert.Equal("versionRefused", cases[1].Element("failure")!.Attribute("type")!.Value);
    }

    [Fact]
    public void A_report_replaces_the_file_whole()
    {
        var folder = Directory.CreateTempSubdirectory("dfu-report-").FullName;
        try
        {
            var path = Path.Combine(folder, "r.csv");
            File.WriteAllText(path, "old");
            ReportFile.Write(path, View);
            Assert.Equal(ReportFile.Csv(View), File.ReadAllText(path));
            Assert.Single(Directory.GetFiles(folder));
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Theory]
    [InlineData("report.txt")]
    [InlineData("report")]
    [InlineData("/no/such/folder/r.csv")]
    public void A_report_that_could_not_be_written_is_refused_beforehand(string path) =>
        Assert.Equal(DfuError.InvalidArgument, Assert.Throws<DfuException>(() => ReportFile.Check(path)).Error);
}
