using System.Text;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Orders;
using Dfu.Fuzz.Engine;
using Dfu.Protocol.Errors;

namespace Dfu.Fuzz.Targets;

/// <summary>Lists of devices.</summary>
internal sealed class CsvTarget : IFuzzTarget
{
    public string Name => "csv";

    public IEnumerable<byte[]> Seeds =>
    [
        .. new[]
        {
            "C0:98:76:54:32:10\nC0-98-76-54-32-11\n# none\nc09876543212\n",
            "address,serial,label,order\nC0:98:76:54:32:10,SN1,\"rack 1, left\",4711\nC0:98:76:54:32:11,'=SN2,\"say \"\"hi\"\"\",\n",
            "\uFEFFSerial number;MAC address;Order no\r\nA1;C0:98:76:54:32:10;7\r\nA1;C0:98:76:54:32:10;\r\n",
            "label\taddress\nx\tC0:98:76:54:32:10\n",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public IReadOnlyList<byte[]> Words { get; } =
    [
        .. new[] { "address", "serial", "label", "order", "mac", "\"", "\"\"", ";", ",", "\t", "\r\n", "#", "C0:98:76:54:32:10", "'=", "\uFEFF", "\u0085" }
            .Select(Encoding.UTF8.GetBytes),
    ];

    public void Run(byte[] input)
    {
        TargetSelection read;
        try
        {
            read = TargetList.Read(input, "units.csv");
        }
        catch (DfuException e) when (e.Error == DfuError.InvalidArgument)
        {
            Flaw.UnlessOneLine($"{e.Message} - {e.Remedy}");
            return;
        }

        Flaw.If(read.Addresses.Distinct().Count() != read.Addresses.Length, "an address stands twice");
        Flaw.If(read.Labels.Any(label => !read.Addresses.Contains(label.Device)), "a label is of no device");
        var again = TargetList.Read(Encoding.UTF8.GetBytes(Write(read)), "again.csv");
        Flaw.If(!again.Addresses.SequenceEqual(read.Addresses), "written and read again it has other devices");
        Flaw.If(!again.Labels.SequenceEqual(read.Labels), "written and read again it has other labels");
        if (OrderRules.OfOrder(new('0', 64), read) is { } refusal) Flaw.UnlessOneLine(refusal.Detail);
    }

    private static string Write(TargetSelection targets)
    {
        var labels = targets.Labels.ToDictionary(static label => label.Device);
        var text = new StringBuilder("address;serial;label;order\n");
        foreach (var address in targets.Addresses)
        {
            var label = labels.GetValueOrDefault(address) ?? new(address);
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{address};{Cell(label.Serial)};{Cell(label.Label)};{Cell(label.Order)}\n");
        }

        return text.ToString();
    }

    /// <summary>Quoted, and guarded as a report's: a spreadsheet takes what begins so for a formula.</summary>
    private static string Cell(string text)
    {
        var guard = text is ['=' or '+' or '-' or '@', ..] ? "'" : "";
        return $"\"{guard}{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
