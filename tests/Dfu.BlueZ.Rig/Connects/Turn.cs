using System.Threading.Channels;
using Dfu.Adapters;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.BlueZ.Rig.Connects;

/// <summary>Devices that were heard, each in turn.</summary>
internal sealed class Turn
{
    private static readonly TimeSpan HearTime = TimeSpan.FromSeconds(60);
    private readonly Channel<Advertisement> _free = Channel.CreateUnbounded<Advertisement>();
    private readonly Lock _gate = new();
    private readonly HashSet<BluetoothAddress> _known = [];

    public async Task ListenAsync(IAdapter radio, CancellationToken stop)
    {
        try
        {
            await foreach (var advertisement in radio.ScanAsync(stop))
            {
                bool isNew;
                lock (_gate) isNew = advertisement.DfuService && _known.Add(advertisement.Address);
                if (isNew) Put(advertisement);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or DfuException)
        {
            // The end, or the radio's; its next connect tells which.
        }
    }

    public void Put(Advertisement device) => _free.Writer.TryWrite(device);

    /// <exception cref="RigException">There is none for long.</exception>
    public async Task<Advertisement> NextAsync(CancellationToken stop)
    {
        using var late = new CancellationTokenSource(HearTime, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        try
        {
            return await _free.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw new RigException("no device was heard for a minute");
        }
    }
}
