using System.Text.Json.Nodes;
using System.Xml.Linq;
using Dfu.Cli.Reports;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Plans;
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

    private static readonly PackageFacts Facts = new(
        View.PackageId, "application 2.4.1", 204_800, [new("application", 20_401, 204_800, new('a', 64), new('b', 64))], "verified", new('c', 64));

    private static readonly CampaignReport Reported = Of(View with
    {
        Devices = View.Devices.SetItem(0, View.Devices[0] with
        {
            Label = new(Views.Address(1)) { Serial = "SN 1042", Label = "rack 3", Order = "PO-7" },
            Adapter = "station-1/bluez:usb-1-1.2",
            StartedAt = Views.Morning,
            EndedAt = Views.Morning.AddSeconds(12.5),
            Finish = new(FinishCheck.Compared, "2.4.1"),
            Wear = new(50, 12, 1),
            Time = new() { Air = 3.5 },
        }),
    });

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
    public void A_json_report_has_the_same_fields_first_and_says_of_every_unit_what_is_known()
    {
        var report = JsonNode.Parse(RunDocument.Of(Reported).ToJson())!;
        string[] fields = ["outcome", "packageId", "devices", "totals", "campaign", "package", "groups", "adapters", "failures", "time"];
        Assert.Equal(fields, report.AsObject().Select(field => field.Key));
        Assert.Equal(
            [
                "device", "outcome", "error", "detail", "attempts", "bytesTotal", "bytesSent", "bytesResent", "resumes", "adapter", "seconds", "bootloader",
                "serial", "label", "order", "host", "startedAt", "endedAt", "finish", "revision", "wear", "time",
            ],
            report["devices"]![0]!.AsObject().Select(field => field.Key));
        Assert.Equal(
            """{"serial":"SN 1042","label":"rack 3","order":"PO-7","host":"station-1","startedAt":"2026-11-30T08:00:00Z","endedAt":"2026-11-30T08:00:12Z"}""",
            Only(report["devices"]![0]!, "serial", "label", "order", "host", "startedAt", "endedAt"));
        Assert.Equal(
            """{"finish":"compared","revision":"2.4.1","wear":{"pages":50,"settings":12}}""",
            Only(report["devices"]![0]!, "finish", "revision", "wear"));
        Assert.Equal("versionRefused", (string?)report["failures"]![0]!["error"]);
        Assert.Equal(3.5, (double?)report["time"]!["air"]);
        Assert.Equal("verified", (string?)report["package"]!["signature"]);
        Assert.Equal(Facts.Images[0].InitPacketSha256, (string?)report["package"]!["images"]![0]!["initPacketSha256"]);
    }

    [Fact]
    public void Csv_keeps_its_first_columns_and_says_of_every_unit_what_is_known()
    {
        var package = $"{View.PackageId},{Facts.InitPackets},verified,{Facts.Signer}";
        string[] lines =
        [
            "device,bootloader,outcome,error,detail,attempts,bytesTotal,bytesSent,bytesResent,drops,adapter,seconds,serial,label,order,host,startedAt,endedAt,"
                + "package,initPackets,signature,signer,resumes,sentence,remedy,finish,revision,wearPages,wearSettings",
            "C0:98:76:54:00:02,C0:98:76:54:00:03,updated,,,2,204800,212992,8192,1,station-1/bluez:usb-1-1.2,12.5,SN 1042,rack 3,PO-7,station-1,"
                + $"2026-11-30T08:00:00Z,2026-11-30T08:00:12Z,{package},backAtSave 65536/73728,,,compared,2.4.1,50,12",
            "C0:98:76:54:00:04,C0:98:76:54:00:05,failed,versionRefused,\"said \"\"no\"\", twice\",1,204800,4096,0,0,sim:1,12.5,,,,this-host,,,"
                + $"{package},,The device runs this version or a newer one.,\"{ErrorCatalog.Describe(DfuError.VersionRefused).Remedy}\",none,,0,0",
            $"C0:98:76:54:00:06,C0:98:76:54:00:07,pending,,,1,204800,0,0,0,,12.5,,,,,,,{package},,,,none,,0,0",
            "",
        ];
        Assert.Equal(string.Join('\n', lines), CsvReport.Write(Reported));
    }

    [Theory]
    [InlineData("=1+1")]
    [InlineData("+1")]
    [InlineData("-1")]
    [InlineData("@x")]
    [InlineData("\t=1")]
    public void A_cell_that_begins_like_a_formula_is_text(string text) =>
        Assert.Contains(
            $",'{text},",
            CsvReport.Write(Of(Views.Campaign(CampaignOutcome.Failed, Views.Failed(1, DfuError.NotHeard, text)))),
            StringComparison.Ordinal);

    [Fact]
    public void Xml_is_what_test_farms_read()
    {
        var suite = XDocument.Parse(JUnitReport.Write(Reported)).Root!.Element("testsuite")!;
        Assert.Equal(("3", "1", "1"), (suite.Attribute("tests")!.Value, suite.Attribute("failures")!.Value, suite.Attribute("skipped")!.Value));
        var cases = suite.Elements("testcase").ToList();
        Assert.Equal(["C0:98:76:54:00:02", "C0:98:76:54:00:04", "C0:98:76:54:00:06"], cases.Select(test => test.Attribute("name")!.Value));
        Assert.Equal("versionRefused", cases[1].Element("failure")!.Attribute("type")!.Value);
        string Of(string name) => cases[0].Descendants("property").Single(property => property.Attribute("name")!.Value == name).Attribute("value")!.Value;
        Assert.Equal(("SN 1042", "PO-7", "2026-11-30T08:00:00Z", "backAtSave 65536/73728"), (Of("serial"), Of("order"), Of("startedAt"), Of("resumes")));
        Assert.Equal(("compared", "2.4.1", "50", "station-1"), (Of("finish"), Of("revision"), Of("wearPages"), Of("host")));
    }

    [Fact]
    public void Xml_carries_whatever_names_hold()
    {
        var label = new TargetLabel(Views.Address(1)) { Serial = "a\0b\uFFFE\uD800<&\"\u202E😀" };
        var document = XDocument.Parse(JUnitReport.Write(Of(Views.Campaign(CampaignOutcome.Succeeded, Views.Updated(1) with { Label = label }))));
        Assert.Contains(document.Descendants("property"), property => property.Attribute("value")!.Value == "ab\uFFFD<&\"\u202E😀");
    }

    [Fact]
    public void A_device_that_ran_the_package_already_counts_as_updated_and_is_told_apart()
    {
        var view = Views.Campaign(
            CampaignOutcome.Succeeded, Views.Updated(1), Views.Updated(2) with { Outcome = DeviceOutcome.AlreadyCurrent, BytesSent = 0 });
        var json = JsonNode.Parse(RunDocument.Of(view).ToJson())!;
        Assert.Equal(("alreadyCurrent", 2), ((string?)json["devices"]![1]!["outcome"], (int?)json["totals"]!["updated"]));
        Assert.Contains(",alreadyCurrent,", CsvReport.Write(Of(view)), StringComparison.Ordinal);
        Assert.Equal("0", XDocument.Parse(JUnitReport.Write(Of(view))).Root!.Element("testsuite")!.Attribute("skipped")!.Value);
    }

    [Theory]
    [InlineData("station-1/bluez:usb-1-1.2", "station-1", "bluez:usb-1-1.2")]
    [InlineData("station-1/bridge:tcp://10.0.0.7:9000", "station-1", "bridge:tcp://10.0.0.7:9000")]
    [InlineData("bridge:tcp://10.0.0.7:9000", "this-host", "bridge:tcp://10.0.0.7:9000")]
    [InlineData("sim:1", "this-host", "sim:1")]
    public void The_host_of_an_adapter_is_told_where_its_id_says_it(string id, string host, string adapter) =>
        Assert.Equal((host, adapter), Reported.PlaceOf(id));

    [Fact]
    public void A_report_replaces_the_file_whole()
    {
        var folder = Directory.CreateTempSubdirectory("dfu-report-").FullName;
        try
        {
            var path = Path.Combine(folder, "r.csv");
            File.WriteAllText(path, "old");
            ReportFile.Write(path, ReportForm.Csv, Reported);
            Assert.Equal(CsvReport.Write(Reported), File.ReadAllText(path));
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
        Assert.Equal(
            DfuError.InvalidArgument,
            Assert.Throws<DfuException>(() =>
            {
                ReportFile.FormOf(path);
                ReportFile.Check(path);
            }).Error);

    private static CampaignReport Of(CampaignView view) => new() { View = view, Package = Facts, MadeAt = Views.Morning, Host = "this-host" };

    private static string Only(JsonNode of, params string[] fields) =>
        new JsonObject(fields.Select(field => KeyValuePair.Create(field, of[field]?.DeepClone()))).ToJsonString();
}
