using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;

namespace Dfu.Fleet.Orders;

/// <summary>
/// A CSV file of devices. A header says which columns hold addresses, serial numbers, labels and order numbers; other columns are left alone, so a report
/// can be given again. Without a header the first column holds addresses.
/// </summary>
public static class TargetList
{
    /// <summary>Larger than any list of devices.</summary>
    public const int MaxBytes = 16 << 20;

    private static readonly string[] AddressNames = ["address", "device", "deviceaddress", "bluetoothaddress", "mac", "macaddress", "application"];
    private static readonly string[] SerialNames = ["serial", "serialnumber", "serialno", "sn"];
    private static readonly string[] LabelNames = ["label"];
    private static readonly string[] OrderNames = ["order", "ordernumber", "orderno", "workorder"];

    /// <summary>Of a file, or of what somebody wrote down.</summary>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="DfuException">InvalidArgument, naming the line.</exception>
    public static TargetSelection Read(byte[] content, string name)
    {
        if (content.Length > MaxBytes) throw Invalid($"{name} is larger than any list of devices", "Give a CSV file with an address in each line.");
        if (FileKinds.Recognise(content, name) is { Family: not (FileFamily.Text or FileFamily.Blank) } kind)
        {
            throw new DfuException(DfuError.InvalidArgument, $"{name}: this is {kind.Name}")
            {
                Remedy = "Give a CSV file with an address in the first column, or a header that says where addresses are.",
            };
        }

        return Parse(Lines(content), name);
    }

    /// <summary>Empty lines and lines that begin with # are skipped. An address that stands twice counts once, unless its labels differ.</summary>
    public static TargetSelection Parse(IReadOnlyList<string> lines, string path)
    {
        var labels = new Dictionary<BluetoothAddress, (TargetLabel Label, int Line)>();
        var addresses = ImmutableArray.CreateBuilder<BluetoothAddress>();
        Columns? columns = null;
        var separator = ',';
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i].Trim(' ').TrimStart('\uFEFF');
            if (string.IsNullOrWhiteSpace(line) || line[0] == '#') continue;
            var where = $"line {i + 1} of {path}";
            if (columns is null) separator = CsvLine.SeparatorOf(line) ?? separator;
            var cells = CsvLine.Split(line, separator) ?? throw Invalid($"{where} has a quote that does not end", "Close it, or leave it out.");
            if (columns is null)
            {
                columns = Columns.Of(cells);
                if (!cells.Any(static cell => BluetoothAddress.TryParse(cell, out _)))
                {
                    if (columns.LacksAddress) throw Invalid($"{where} names its columns, and none of them address", "Call the one with addresses address.");
                    continue;
                }
            }

            var text = columns.Address < cells.Count ? cells[columns.Address] : "";
            if (!BluetoothAddress.TryParse(text, out var address))
            {
                var place = columns.Address == 0 ? "does not begin with" : $"does not have in column {columns.Address + 1}";
                throw Invalid($"{where} {place} an address such as C0:98:76:54:32:10", "Correct the line, or begin it with # to leave it out.");
            }

            var label = columns.Label(address, cells, where);
            if (!labels.TryGetValue(address, out var before))
            {
                addresses.Add(address);
                labels[address] = (label, i + 1);
            }
            else
            {
                var both = Merge(before.Label, label) ?? throw Invalid(
                    $"{address} stands in line {before.Line} and in {where}, as {Called(before.Label)} and as {Called(label)}", "Leave out one of them.");
                labels[address] = (both, before.Line);
            }
        }

        if (addresses.Count == 0) throw Invalid($"{path} names no device", "Write an address such as C0:98:76:54:32:10 into each line.");
        return new()
        {
            Addresses = addresses.ToImmutable(),
            Labels = [.. addresses.Select(address => labels[address].Label).Where(static label => label is not { Serial: "", Label: "", Order: "" })],
        };
    }

    private static List<string> Lines(byte[] content)
    {
        var lines = new List<string>();
        using var reader = new StreamReader(new MemoryStream(content));
        while (reader.ReadLine() is { } line) lines.Add(line);
        return lines;
    }

    /// <returns>Null when they contradict each other.</returns>
    private static TargetLabel? Merge(TargetLabel a, TargetLabel b) =>
        Same(a.Serial, b.Serial) && Same(a.Label, b.Label) && Same(a.Order, b.Order)
            ? a with { Serial = Either(a.Serial, b.Serial), Label = Either(a.Label, b.Label), Order = Either(a.Order, b.Order) }
            : null;

    private static bool Same(string a, string b) => a.Length == 0 || b.Length == 0 || a == b;

    private static string Either(string a, string b) => a.Length > 0 ? a : b;

    private static string Called(TargetLabel label) =>
        $"'{string.Join(' ', new[] { label.Serial, label.Label, label.Order }.Where(static text => text.Length > 0))}'";

    private static DfuException Invalid(string what, string remedy) => new(DfuError.InvalidArgument, what) { Remedy = remedy };

    /// <summary>Where what stands; null is nowhere.</summary>
    private sealed record Columns(int Address, int? Serial, int? LabelText, int? Order)
    {
        /// <summary>It is a header of units, and says of no column that it has their addresses.</summary>
        public bool LacksAddress { get; private init; }

        public static Columns Of(IReadOnlyList<string> cells)
        {
            var names = cells.Select(static cell => string.Concat(cell.Where(char.IsLetterOrDigit)).ToLowerInvariant()).ToList();
            var (address, serial, label, order) = (Find(AddressNames), Find(SerialNames), Find(LabelNames), Find(OrderNames));
            return new(address ?? 0, serial, label, order) { LacksAddress = address is null && (serial == 0 || label == 0 || order == 0) };

            // The first of the words that is there: a report has the application's address, and the device by it.
            int? Find(string[] words) => words.Select(word => names.IndexOf(word)).Where(static at => at >= 0).Cast<int?>().FirstOrDefault();
        }

        public TargetLabel Label(BluetoothAddress address, IReadOnlyList<string> cells, string where) => new(address)
        {
            Serial = Text(Serial, "serial number", cells, where),
            Label = Text(LabelText, "label", cells, where),
            Order = Text(Order, "order number", cells, where),
        };

        private static string Text(int? column, string what, IReadOnlyList<string> cells, string where)
        {
            if (column is not { } at || at >= cells.Count) return "";
            var text = cells[at] is ['\'', '=' or '+' or '-' or '@', ..] guarded ? guarded[1..] : cells[at];
            return text.Length <= TargetLabel.Longest && !text.Any(char.IsControl)
                ? text
                : throw Invalid($"{where} has a {what} of more than {TargetLabel.Longest} characters, or with control characters", "Shorten it.");
        }
    }
}
