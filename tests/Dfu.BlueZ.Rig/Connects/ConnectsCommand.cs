using System.Text.Json;
using Dfu.Adapters;
using Dfu.Adapters.BlueZ;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.BlueZ.Rig.Connects;

/// <summary>
/// <c>connects COUNT ADAPTER...</c>, inside the machine: connects and disconnects by the product's own adapters, device after device, and measures this
/// process. A link closes while the next ones open, for BlueZ takes two seconds to disconnect.
/// </summary>
internal sealed class ConnectsCommand(int count, CancellationToken stop)
{
    private static readonly LinkOptions Options = new() { ConnectTimeout = TimeSpan.FromSeconds(60) };
    private readonly Turn _turn = new();
    private readonly Lock _gate = new();
    private int _begun;
    private int _done;
    private int _failed;

    public static async Task<int> RunAsync(int count, IReadOnlyList<string> adapters, CancellationToken stop)
    {
        await using var host = new BlueZHost(new BlueZOptions(), TimeProvider.System);
        var radios = new List<IAdapter>();
        foreach (var adapter in adapters)
        {
            if (!BlueZSpec.TryParse(adapter, out var spec)) throw new RigException($"{adapter} is no adapter of BlueZ's");
            radios.Add(await host.Source(spec, adapter).OpenAsync(stop));
        }

        return await new ConnectsCommand(count, stop).RunAsync(radios);
    }

    private async Task<int> RunAsync(List<IAdapter> radios)
    {
        using var hearing = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var scans = radios.ConvertAll(radio => _turn.ListenAsync(radio, hearing.Token));
        // Warm first: by then everything is loaded, compiled and pooled, what measures among it.
        _ = JsonSerializer.Serialize(Measurement.Take(0, 0));
        foreach (var until in new[] { count / 10, count })
        {
            await Task.WhenAll(radios.Select(radio => ConnectAsync(radio, until)));
            Console.WriteLine(JsonSerializer.Serialize(Measurement.Take(_done, _failed)));
        }

        hearing.Cancel();
        await Task.WhenAll(scans);
        foreach (var radio in radios) await radio.DisposeAsync();
        return _failed == 0 ? 0 : 1;
    }

    private async Task ConnectAsync(IAdapter radio, int until)
    {
        var closing = new List<Task>();
        while (Begin(until))
        {
            var device = await _turn.NextAsync(stop);
            try
            {
                var link = await radio.ConnectAsync(device.Address, device.AddressType, Options, stop);
                await link.SubscribeAsync(DfuCharacteristic.ControlPoint, stop);
                closing.Add(CloseAsync(link, device));
                closing.RemoveAll(static task => task.IsCompletedSuccessfully);
            }
            catch (DfuException e)
            {
                Count(failed: true);
                Console.WriteLine($"failed {device.Address}: {e.Message}");
                if (radio.Lost.IsCompleted) break;
                _turn.Put(device);
            }
        }

        await Task.WhenAll(closing);
    }

    private async Task CloseAsync(IDfuLink link, Advertisement device)
    {
        await link.DisposeAsync();
        Count(failed: false);
        _turn.Put(device);
    }

    private bool Begin(int until)
    {
        lock (_gate) return _begun < until && ++_begun > 0;
    }

    private void Count(bool failed)
    {
        lock (_gate)
        {
            _done++;
            if (failed) _failed++;
        }
    }
}
