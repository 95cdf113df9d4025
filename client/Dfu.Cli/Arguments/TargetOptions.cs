using System.CommandLine;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Orders;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Cli.Arguments;

/// <summary>The options that choose devices.</summary>
/// <param name="feeds">There is one for devices that come and go.</param>
internal sealed class TargetOptions(bool feeds = false)
{
    private readonly Option<BluetoothAddress[]> _devices = Option.Many<BluetoothAddress>(
        "--device", "These devices, by application or bootloader address.", BluetoothAddress.TryParse, "an address such as C0:98:76:54:32:10", "ADDRESS");

    private readonly Option<bool> _all = Option.Flag("--all", "Every device heard in the first --scan-time.");

    private readonly Option<string?> _name = Option.Text("--name", "Every device heard then whose name matches; * and ? as in a shell.", "GLOB");

    private readonly Option<string?> _targets = Option.Text(
        "--targets", "The devices of a CSV file, such as an earlier report; columns may be address, serial, label and order number.", "CSV");

    private readonly Option<TimeSpan?> _scanTime = Option.Time(
        "--scan-time", "How long --all and --name listen, 1 s to 10 min; 10 s unless given.", TimeSpan.FromMinutes(10), "a time from 1s to 10min");

    private readonly Option<int?> _count = Option.Number(
        "--count", "With --all and --name: wait for so many devices instead of --scan-time.", 1, OrderRules.MostDevices);

    private readonly Option<bool> _feed = Option.Flag(
        "--feed", "With --all and --name: take devices as they come and go, until --count are updated, --end has come or somebody cancels.");

    public void AddTo(Command command)
    {
        foreach (var option in Options) command.Add(option);
    }

    public IReadOnlyList<System.CommandLine.Option> Options =>
        feeds ? [_devices, _all, _name, _targets, _scanTime, _count, _feed] : [_devices, _all, _name, _targets, _scanTime, _count];

    /// <exception cref="DfuException">InvalidArgument unless devices are chosen in exactly one way.</exception>
    public TargetSelection Read(ParseResult result)
    {
        var (devices, all, name, targets) = (result.GetRequiredValue(_devices), result.GetValue(_all), result.GetValue(_name), result.GetValue(_targets));
        var kinds = (devices.Length > 0 ? 1 : 0) + (all ? 1 : 0) + (name is null ? 0 : 1) + (targets is null ? 0 : 1);
        if (kinds != 1)
        {
            throw new DfuException(
                DfuError.InvalidArgument,
                kinds == 0 ? "no devices are chosen: give --device, --all, --name or --targets" : "give only one of --device, --all, --name and --targets");
        }

        var (scanTime, count) = (result.GetValue(_scanTime), result.GetValue(_count));
        if (!all && name is null && (count is not null || scanTime is not null))
            throw new DfuException(
                DfuError.InvalidArgument, "--count and --scan-time go with --all or --name: devices that are named are waited for anyway");
        var feed = feeds && result.GetValue(_feed);
        if (feed && !all && name is null) throw new DfuException(DfuError.InvalidArgument, "--feed goes with --all or --name");
        var chosen = targets is null ? new TargetSelection { Addresses = [.. devices], All = all, NameGlob = name } : OfFile(targets);
        return chosen with { ScanTime = scanTime ?? TimeSpan.FromSeconds(10), Count = count, Feed = feed };
    }

    private static TargetSelection OfFile(string path)
    {
        try
        {
            return TargetFile.Read(path);
        }
        catch (DfuException refused)
        {
            throw new DfuException(refused.Error, $"--targets: {refused.Message}", refused) { Remedy = refused.Remedy };
        }
    }
}
