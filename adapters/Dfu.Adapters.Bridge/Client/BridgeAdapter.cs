using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Dfu.Adapters.Bridge.Framing;
using Dfu.Adapters.Bridge.Wire;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;
using Google.Protobuf;

namespace Dfu.Adapters.Bridge.Client;

/// <summary>The host's end of one stream: one radio, many links.</summary>
internal sealed class BridgeAdapter : IAdapter
{
    private const int HeardCapacity = 1024;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<uint, BridgeLink> _links = [];
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<HelloReply> _hello = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ended = new();
    private readonly IDisposable _connection;
    private readonly BridgeAddress _where;
    private readonly TimeProvider _time;
    private readonly FrameWriter _writer;
    private readonly Task _sending;
    private readonly Task _receiving;
    private Channel<Advertisement>? _heard;
    private string? _end;
    private Task? _disposal;

    /// <param name="connection">What the stream is of; its disposal breaks the stream.</param>
    public BridgeAdapter(Stream stream, IDisposable connection, BridgeAddress where, TimeProvider time)
    {
        (_connection, _where, _time) = (connection, where, time);
        Name = where.ToString();
        _writer = new FrameWriter(stream, connection.Dispose, time);
        _sending = SendAsync();
        _receiving = ReceiveAsync(stream);
    }

    public string Name { get; private set; }

    public BluetoothAddress? Address { get; private set; }

    public int MaxLinks { get; private set; } = 1;

    public Task<string> Lost => _lost.Task;

    /// <summary>The bridge answers Secure; one of an earlier version says nothing of it.</summary>
    internal bool Secures { get; private set; }

    /// <exception cref="DfuException">AdapterNotFound.</exception>
    public async Task GreetAsync(CancellationToken cancellationToken)
    {
        var answered = _hello.Task.WithinAsync(BridgeTimes.Hello, _time, cancellationToken);
        Send(new ToBridge { Hello = new Hello { Version = WireValues.Version } });
        HelloReply reply;
        try
        {
            reply = await answered;
        }
        catch (TimeoutException)
        {
            throw new DfuException(DfuError.AdapterNotFound, $"{_where} does not answer Hello; is it a bridge?");
        }

        if (reply.Version != WireValues.Version)
            throw new DfuException(DfuError.AdapterNotFound, $"{_where} speaks version {reply.Version} of the bridge protocol, this host {WireValues.Version}");
        if (reply.Name.Length > 0) Name = WireValues.ForPeople(reply.Name);
        Address = BluetoothAddress.TryRead(reply.Address.Span, out var address) ? address : null;
        Secures = reply.Secures;
        MaxLinks = (int)Math.Clamp(reply.MaxLinks, 1u, 4096u);
    }

    public async IAsyncEnumerable<Advertisement> ScanAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var heard = Channel.CreateBounded<Advertisement>(
            new BoundedChannelOptions(HeardCapacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        lock (_gate)
        {
            ThrowIfEnded();
            if (_heard is not null) throw new InvalidOperationException("a scan is on already");
            _heard = heard;
        }

        try
        {
            Send(new ToBridge { StartScan = new StartScan() });
            while (await heard.Reader.WaitToReadAsync(cancellationToken))
            {
                while (heard.Reader.TryRead(out var advertisement)) yield return advertisement;
            }
        }
        finally
        {
            lock (_gate) _heard = null;
            Send(new ToBridge { StopScan = new StopScan() });
        }
    }

    public async Task<IDfuLink> ConnectAsync(BluetoothAddress address, AddressType addressType, LinkOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var link = Reserve(address);
        var opened = link.Opened.WithinAsync(options.ConnectTimeout + BridgeTimes.ConnectGrace, _time, cancellationToken);
        Send(new ToBridge
        {
            Link = link.Number,
            Connect = new Connect
            {
                Address = UnsafeByteOperations.UnsafeWrap(address.ToBytes()),
                AddressType = (Wire.AddressType)(int)addressType,
                TimeoutMs = (uint)options.ConnectTimeout.TotalMilliseconds,
                PreferredMtu = (uint)options.PreferredMtu,
            },
        });
        try
        {
            await opened;
            return link;
        }
        catch (TimeoutException)
        {
            await link.CloseAsync("the bridge left the connect request unanswered");
            throw new DfuException(DfuError.ConnectTimeout, $"{Name} did not say how the connect to {address} ended");
        }
        catch (OperationCanceledException)
        {
            await link.CloseAsync("the connect was cancelled");
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_gate) return new ValueTask(_disposal ??= CloseAsync());
    }

    /// <summary>Encodes and queues; a message to a bridge that is gone is dropped, the waiting ends through <see cref="Fail"/>.</summary>
    internal void Send(ToBridge message) => _writer.Enqueue(message);

    internal ValueTask LeftAsync() => _writer.LeftAsync();

    /// <summary>The radio is gone: everything that waits for it ends now.</summary>
    internal void Fail(string reason)
    {
        BridgeLink[] links;
        Channel<Advertisement>? heard;
        lock (_gate)
        {
            if (_end is not null) return;
            _end = reason;
            links = [.. _links.Values];
            _links.Clear();
            heard = _heard;
        }

        _writer.Complete();
        _hello.TrySetException(new DfuException(DfuError.AdapterNotFound, $"{_where} is no bridge that can be used: {reason}"));
        heard?.Writer.TryComplete(new DfuException(DfuError.AdapterLost, $"{Name}: {reason}"));
        foreach (var link in links) link.End(LinkClosure.SupervisionTimeout, $"{Name}: {reason}", DfuError.AdapterLost);
        _lost.TrySetResult(reason);
        _ended.Cancel();
    }

    private BridgeLink Reserve(BluetoothAddress address)
    {
        lock (_gate)
        {
            ThrowIfEnded();
            if (_links.Count >= MaxLinks) throw new DfuException(DfuError.AdapterFull, $"{Name} holds {MaxLinks} links at once");
            uint number = 1;
            foreach (var taken in _links.Keys)
            {
                if (taken != number) break;
                number++;
            }

            var link = new BridgeLink(this, number, address, _time);
            _links.Add(number, link);
            return link;
        }
    }

    private async Task CloseAsync()
    {
        BridgeLink[] links;
        lock (_gate) links = [.. _links.Values];
        await Task.WhenAll(links.Select(link => link.CloseAsync("the adapter was closed")));
        _writer.Complete();
        await _sending.CameAsync(BridgeTimes.Flush, _time);
        Fail("closed by this host");
        await _receiving;
        _connection.Dispose();
        await _sending;
    }

    private async Task SendAsync()
    {
        if (await _writer.RunAsync() is not { } reason) return;

        // What the bridge said before it closed tells more than that it did.
        await _receiving.CameAsync(BridgeTimes.Flush, _time);
        Fail(reason);
    }

    private async Task ReceiveAsync(Stream stream)
    {
        var reason = await FrameReader.RunAsync(stream, FromBridge.Parser, Handle, static _ => ValueTask.CompletedTask, _ended.Token);
        Fail(reason);
        _connection.Dispose();
    }

    private ValueTask<bool> Handle(FromBridge message)
    {
        if (message.Link == 0) return new(HandleRadio(message));
        BridgeLink? link;
        lock (_gate)
        {
            _links.TryGetValue(message.Link, out link);
            if (message.BodyCase == FromBridge.BodyOneofCase.Disconnected) _links.Remove(message.Link);
        }

        link?.Handle(message);
        return new(true);
    }

    private bool HandleRadio(FromBridge message)
    {
        switch (message.BodyCase)
        {
            case FromBridge.BodyOneofCase.Hello:
                _hello.TrySetResult(message.Hello);
                break;
            case FromBridge.BodyOneofCase.Advertisement when BluetoothAddress.TryRead(message.Advertisement.Address.Span, out var address):
                var a = message.Advertisement;
                var heard = new Advertisement(address, FromWire(a.AddressType), a.Rssi, a.Name, a.DfuService, a.Connectable)
                {
                    Others = a.Services.FromWire(),
                };
                lock (_gate) _heard?.Writer.TryWrite(heard);
                break;
            case FromBridge.BodyOneofCase.Fault:
                Fail($"it reports: {WireValues.ForPeople(message.Fault.Message)}");
                return false;
        }

        return true;
    }

    private static AddressType FromWire(Wire.AddressType type) => type == Wire.AddressType.Public ? AddressType.Public : AddressType.Random;

    private void ThrowIfEnded()
    {
        if (_end is not null) throw new DfuException(DfuError.AdapterLost, $"{Name}: {_end}");
    }
}
