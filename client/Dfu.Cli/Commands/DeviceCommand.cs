using System.CommandLine;
using Dfu.Cli.Devices;
using Dfu.Fleet.Release;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Silo.Adapters;
using Dfu.Silo.Release;

namespace Dfu.Cli.Commands;

/// <summary><c>dfu device</c>.</summary>
internal static class DeviceCommand
{
    public static Command Create(Terminal terminal) => new("device", "Look at single devices, and send them back to their application.")
    {
        DeviceLooks.List(terminal),
        DeviceLooks.Show(terminal),
        DeviceLooks.History(terminal),
        Release(terminal),
    };

    private static Command Release(Terminal terminal)
    {
        var addresses = new Argument<BluetoothAddress[]>("ADDRESS")
        {
            Description = "Devices, by application or bootloader address.",
            Arity = ArgumentArity.OneOrMore,
            CustomParser = result =>
            {
                var parsed = new List<BluetoothAddress>();
                foreach (var token in result.Tokens)
                {
                    if (BluetoothAddress.TryParse(token.Value, out var address)) parsed.Add(address);
                    else result.AddError($"'{token.Value}' is not an address such as C0:98:76:54:32:10");
                }

                return [.. parsed.Distinct()];
            },
        };
        var adapter = Arguments.Option.Many<string>(
            "--adapter", "A radio, as for 'dfu flash'; repeat it for more.", FlashCommand.Words, "an adapter", "SPEC", required: true);
        adapter.AllowMultipleArgumentsPerToken = false; // addresses may come behind it
        var timeout = Arguments.Option.Time(
            "--timeout",
            "How long each device may take to be heard, 1 s to 10 min; 30 s unless given.",
            TimeSpan.FromMinutes(10),
            "a time from 1s to 10min");
        var json = Arguments.Option.Flag("--json", "Print one JSON document.");
        var command = new Command(
            "release", "Send devices that wait in their bootloader back to their application (SDK 15 and later). An update that was broken off there is lost.")
        {
            addresses, adapter, timeout, json,
        };
        command.SetAction((result, _) => RunAsync(
            terminal,
            result.GetRequiredValue(addresses),
            AdapterSpec.ParseAll(result.GetRequiredValue(adapter)),
            result.GetValue(timeout) ?? TimeSpan.FromSeconds(30),
            result.GetValue(json)));
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, BluetoothAddress[] addresses, IReadOnlyList<AdapterSpec> specs, TimeSpan timeout, bool json)
    {
        using var signals = new StopSignals(terminal.ExitAtOnce);
        var released = new List<ReleasedDevice>();
        try
        {
            await using var run = await ReleaseRun.OpenAsync(specs, TimeProvider.System, signals.Token);
            foreach (var address in addresses)
            {
                var device = await run.RunAsync(address, timeout, signals.Token);
                released.Add(device);
                if (!json) terminal.Out.WriteLine(Line(device));
            }
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            terminal.Error.WriteLine($"dfu: interrupted; not released: {string.Join(", ", addresses.Skip(released.Count))}");
        }

        var interrupted = released.Count < addresses.Length;
        if (json) terminal.Out.WriteLine(ReleaseDocument.Of(released, addresses).ToJson());
        return interrupted ? ExitCode.Interrupted : released.TrueForAll(device => device.Error == DfuError.None) ? ExitCode.Succeeded : ExitCode.SomeFailed;
    }

    private static string Line(ReleasedDevice device) =>
        device.Error == DfuError.None ? $"{device.Address}  {device.Detail}" : $"{device.Address}  {device.Detail} ({device.Error.Code()})";
}
