using System.Globalization;
using System.Text.Json;
using Dfu.Adapters;
using Dfu.Adapters.BlueZ;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.BlueZ.Rig.Connects;

/// <summary><c>connects ADAPTER COUNT</c>, inside the machine: connects and disconnects by the product's own adapter, device after device, and measures this process.</summary>
internal static class ConnectsCommand
{
    /// <summary>Connects before the first measurement: by then everything is loaded, compiled and pooled.</summary>
    public const int WarmUp = 20;

    private static readonly TimeSpan HearTime = TimeSpan.FromSeconds(60);
    private static readonly LinkOptions Options = new() { ConnectTimeout = TimeSpan.FromSeconds(60) };

    public static async Task<int> RunAsync(string adapter, int count, CancellationToken stop)
    {
        if (!BlueZSpec.TryParse(adapter, out var spec)) throw new RigException($"{adapter} is no adapter of BlueZ's");
        var failed = 0;
        await using var host = new BlueZHost(new BlueZOptions(), TimeProvider.System);
        await using var radio = await host.Source(spec, adapter).OpenAsync(stop);
        Console.WriteLine($"opened {radio.Name}");
        using var hearing = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var heard = new Heard();
        var scan = heard.ListenAsync(radio, hearing.Token);
        for (var i = 1; i <= count; i++)
        {
            var device = await heard.NextAsync(HearTime, stop);
            try
            {
                await using var link = await radio.ConnectAsync(device.Address, device.AddressType, Options, stop);
                await link.SubscribeAsync(DfuCharacteristic.ControlPoint, stop);
                if (i <= 3) Console.WriteLine($"connected {device.Address}, MTU {link.Mtu}, interval {link.Interval}");
            }
            catch (DfuException e)
            {
                failed++;
                Console.WriteLine($"failed {device.Address}: {e.Message}");
                if (radio.Lost.IsCompleted) break;
            }

            if (i == WarmUp || i == count) Console.WriteLine(JsonSerializer.Serialize(Measurement.Take(i, failed)));
        }

        hearing.Cancel();
        await scan;
        return failed == 0 ? 0 : 1;
    }

    /// <summary>Devices the radio hears, each in turn.</summary>
    private sealed class Heard
    {
        private readonly Lock _gate = new();
        private readonly Queue<Advertisement> _turn = [];
        private readonly HashSet<BluetoothAddress> _known = [];

        public async Task ListenAsync(IAdapter radio, CancellationToken stop)
        {
            try
            {
                await foreach (var advertisement in radio.ScanAsync(stop))
                {
                    if (!advertisement.DfuService) continue;
                    lock (_gate)
                    {
                        if (_known.Add(advertisement.Address)) _turn.Enqueue(advertisement);
                    }
                }
            }
            catch (Exception e) when (e is OperationCanceledException or DfuException)
            {
                Console.WriteLine($"the scan ended: {e.Message}");
            }
        }

        public async Task<Advertisement> NextAsync(TimeSpan within, CancellationToken stop)
        {
            var since = TimeProvider.System.GetTimestamp();
            while (TimeProvider.System.GetElapsedTime(since) < within)
            {
                lock (_gate)
                {
                    if (_turn.TryDequeue(out var next))
                    {
                        _turn.Enqueue(next);
                        return next;
                    }
                }

                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, stop);
            }

            throw new RigException(string.Create(CultureInfo.InvariantCulture, $"no device was heard within {within.TotalSeconds:0} s"));
        }
    }
}
