using Dfu.Adapters.Bridge.Framing;
using Dfu.Adapters.Bridge.Wire;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;
using Google.Protobuf;
using Body = Dfu.Adapters.Bridge.Wire.ToBridge.BodyOneofCase;

namespace Dfu.Adapters.Bridge.Server;

/// <summary>The bridge's end of one stream: a radio of its own, opened by Hello and closed with the stream.</summary>
#pragma warning disable CA1001 // Nothing here holds a handle, and a late caller may still cancel.
internal sealed class RadioStream
#pragma warning restore CA1001
{
    /// <summary>Advertisements repeat, so a host that is behind does without some.</summary>
    private const int AdvertisementRoom = FrameWriter.RoomBytes / 4;

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, ServedLink> _links = [];
    private readonly List<Task> _serving = [];
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _ending = new();
    private readonly Func<CancellationToken, Task<IAdapter>> _openRadio;
    private readonly Stream _stream;
    private readonly Action<int> _close;
    private readonly TimeProvider _time;
    private readonly FrameWriter _writer;
    private IAdapter? _radio;
    private CancellationTokenSource? _scan;
    private Task _scanning = Task.CompletedTask;

    /// <param name="close">Closes what the stream is of, after so many seconds for what was written: none, or -1 for as many as it takes.</param>
    public RadioStream(Stream stream, Action<int> close, Func<CancellationToken, Task<IAdapter>> openRadio, TimeProvider time)
    {
        (_stream, _close, _openRadio, _time) = (stream, close, openRadio, time);
        _writer = new FrameWriter(_stream, Abort, time);
    }

    /// <summary>
    /// Serves until the host ends the stream, breaks the contract, or <see cref="End"/>; then until its links and radio are closed.
    /// Never throws.
    /// </summary>
    public async Task RunAsync()
    {
        var sending = _writer.RunAsync();
        await using (_time.CreateTimer(_ => EndUnlessGreeted(), null, BridgeTimes.Hello, Timeout.InfiniteTimeSpan))
            await FrameReader.RunAsync(_stream, ToBridge.Parser, HandleAsync, _writer.RoomAsync, _ending.Token);
        await CloseRadioAsync();
        _writer.Complete();
        if (!await sending.CameAsync(BridgeTimes.Flush, _time)) Abort();
        await sending;
        _close(-1);
    }

    /// <summary>Ends the stream in order: links are drained and closed, and the host is told.</summary>
    public void End() => _ending.Cancel();

    /// <summary>Breaks the stream without a word to the host; packets that it has sent still reach the air.</summary>
    private void Abort()
    {
        _close(0);
        _ending.Cancel();
    }

    private void EndUnlessGreeted()
    {
        if (_radio is null) End();
    }

    private async ValueTask<bool> HandleAsync(ToBridge message)
    {
        if (message.BodyCase == Body.None) return true;
        if (message is { Link: 0, BodyCase: Body.Hello }) return await GreetAsync(message.Hello);
        if (_radio is null) return Fault("Hello comes first");
        if (message.Link != 0) return HandleLink(_radio, message);
        switch (message.BodyCase)
        {
            case Body.StartScan when _scan is null:
                _scan = new CancellationTokenSource();
                _scanning = ScanAsync(_radio, _scanning, _scan.Token);
                return true;
            case Body.StopScan:
                StopScan();
                return true;
            case Body.Connect:
                return Fault("a link's number is 1 and up");
            default:
                return true;
        }
    }

    private bool HandleLink(IAdapter radio, ToBridge message)
    {
        ServedLink? link;
        lock (_gate) _links.TryGetValue(message.Link, out link);
        if (link is not null) link.Accept(message);
        else if (message.BodyCase == Body.Connect) Connect(radio, message);
        return true;
    }

    private void Connect(IAdapter radio, ToBridge message)
    {
        var link = new ServedLink(message.Link, _writer, _time, Free);
        lock (_gate)
        {
            if (_links.Count >= radio.MaxLinks)
            {
                _writer.Enqueue(new FromBridge { Link = message.Link, Disconnected = new Disconnected { Reason = WireValues.ConnectionLimit } });
                return;
            }

            _links.Add(message.Link, link);
        }

        _serving.RemoveAll(static served => served.IsCompleted);
        _serving.Add(link.RunAsync(radio, message.Connect, _turn));
    }

    private void Free(ServedLink link)
    {
        lock (_gate) _links.Remove(link.Number);
    }

    private async ValueTask<bool> GreetAsync(Hello hello)
    {
        if (hello.Version != WireValues.Version) return Fault($"version {hello.Version} is not spoken here; version {WireValues.Version} is");
        if (_radio is null && !await OpenAsync()) return false;
        var radio = _radio!;
        var reply = new HelloReply { Version = WireValues.Version, Name = WireValues.ForPeople(radio.Name), MaxLinks = (uint)radio.MaxLinks, Secures = true };
        if (radio.Address is { } address) reply.Address = UnsafeByteOperations.UnsafeWrap(address.ToBytes());
        _writer.Enqueue(new FromBridge { Hello = reply });
        return true;
    }

    private async Task<bool> OpenAsync()
    {
        using var late = new CancellationTokenSource(BridgeTimes.OpenRadio, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _ending.Token);
        Task<IAdapter>? opening = null;
        try
        {
            opening = _openRadio(either.Token);
            _radio = await opening.WaitAsync(either.Token);
            Background.Run("watch the radio", WatchAsync(_radio));
            return true;
        }
        catch (OperationCanceledException)
        {
            if (opening is not null) opening.DisposeWhenItComes();
            return Fault("the radio did not open in time");
        }
#pragma warning disable CA1031 // Whatever opening a radio throws, the host is told.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Fault(e.Message);
        }
    }

    private async Task WatchAsync(IAdapter radio)
    {
        var reason = await radio.Lost;
        if (_ending.IsCancellationRequested) return;
        Fault($"the radio is gone: {reason}");
        End();
    }

    /// <summary>Tells the host that the radio is unusable; false, to end the stream.</summary>
    private bool Fault(string message)
    {
        _writer.Enqueue(new FromBridge { Fault = new Fault { Message = WireValues.ForPeople(message) } });
        return false;
    }

    private async Task ScanAsync(IAdapter radio, Task before, CancellationToken cancellationToken)
    {
        await before;
        try
        {
            await foreach (var heard in radio.ScanAsync(cancellationToken))
            {
                if (cancellationToken.IsCancellationRequested) return;
                if (_writer.Waiting > AdvertisementRoom) continue;
                _writer.Enqueue(new FromBridge { Advertisement = ToWire(heard) });
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (DfuException e) when (e.Error == DfuError.AdapterLost)
        {
            // WatchAsync reports that.
        }
#pragma warning disable CA1031 // A scan that fails for another reason leaves the host with a radio it cannot use.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fault(e.Message);
            End();
        }
    }

    private void StopScan()
    {
        _scan?.Cancel();
        _scan = null;
    }

    private async Task CloseRadioAsync()
    {
        _ending.Cancel();
        _writer.ReleaseRoom();
        StopScan();
        ServedLink[] links;
        lock (_gate) links = [.. _links.Values];
        foreach (var link in links) link.AskToClose();
        await Task.WhenAll(_serving);
        await _scanning.CameAsync(BridgeTimes.Dispose, _time);
        if (_radio is not null) await _radio.DisposeAsync().AsTask().CameAsync(BridgeTimes.Dispose, _time);
    }

    private static Wire.Advertisement ToWire(Advertisement heard) => new()
    {
        Address = UnsafeByteOperations.UnsafeWrap(heard.Address.ToBytes()),
        AddressType = (Wire.AddressType)(int)heard.AddressType,
        Rssi = heard.Rssi,
        Name = heard.Name,
        DfuService = heard.DfuService,
        Connectable = heard.Connectable,
        Services = { heard.Others.ToWire() },
    };
}
