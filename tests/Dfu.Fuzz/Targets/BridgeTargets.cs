using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Dfu.Adapters;
using Dfu.Adapters.Bridge;
using Dfu.Adapters.Bridge.Client;
using Dfu.Adapters.Bridge.Framing;
using Dfu.Adapters.Bridge.Server;
using Dfu.Adapters.Bridge.Wire;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fuzz.Engine;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Google.Protobuf;
using Advertisement = Dfu.Adapters.Advertisement;
using AddressType = Dfu.Adapters.AddressType;

namespace Dfu.Fuzz.Targets;

/// <summary>Frames as they are on the stream.</summary>
internal static class Frames
{
    public static readonly Guid Revision = new("00002a26-0000-1000-8000-00805f9b34fb");

    /// <summary>A block of the script that holds these messages.</summary>
    public static byte[] Block(params IMessage[] messages)
    {
        var bytes = messages.SelectMany(Of).ToArray();
        return [(byte)bytes.Length, .. bytes];
    }

    /// <summary>Everything on the stream is a message of this kind, and the last one is whole.</summary>
    public static void Check<T>(byte[] stream, MessageParser<T> parser)
        where T : class, IMessage<T>
    {
        var rest = stream.AsSpan();
        while (rest.Length > 0)
        {
            Flaw.If(Frame.TryRead(rest, out var content, out var consumed) != FrameStatus.Complete, "what was sent is no frame");
            _ = parser.ParseFrom(content);
            rest = rest[consumed..];
        }
    }

    private static byte[] Of(IMessage message)
    {
        var content = message.ToByteArray();
        var header = new byte[Frame.MaxHeaderLength];
        return [.. header[..Frame.WriteHeader(header, content.Length)], .. content];
    }
}

/// <summary>What bridges send: the host's end of a stream, which greets, scans, connects, writes, reads and closes.</summary>
internal sealed class BridgeTarget : IFuzzTarget
{
    private static readonly BluetoothAddress Peer = BluetoothAddress.Parse("C0:98:76:54:32:10");
    private static readonly TimeSpan Bound = TimeSpan.FromHours(1);

    public string Name => "bridge";

    public int Longest => 2048;

    public IEnumerable<byte[]> Seeds
    {
        get
        {
            var address = ByteString.CopyFrom(Peer.ToBytes());
            var hello = Frames.Block(new FromBridge { Hello = new() { Version = 1, Name = "radio", MaxLinks = 4, Secures = true, Address = address } });
            var heard = Frames.Block(new FromBridge { Advertisement = new() { Address = address, Rssi = -60, Name = "DfuTarg", DfuService = true } });
            var connected = new Connected { Mtu = 247, IntervalUs = 15000, Characteristics = { Characteristic.ControlPoint, Characteristic.Packet } };
            connected.Readable.Add(Frames.Revision.ToWire());
            var link = Frames.Block(new FromBridge { Link = 1, Connected = connected }, new FromBridge { Link = 1, Credit = new() { Packets = 8 } });
            byte[] open = [.. hello, .. heard, .. link];
            var told = new Notification { Characteristic = Characteristic.ControlPoint, Value = ByteString.CopyFrom(0x60, 1, 1) };
            yield return hello;
            yield return [.. open, .. Frames.Block(new FromBridge { Link = 1, Disconnected = new() { Reason = 8 } })];
            yield return
            [
                .. open,
                .. Frames.Block(new FromBridge { Link = 1, Secured = new() { Result = SecureResult.Encrypted } }),
                .. Frames.Block(new FromBridge { Link = 1, Subscribed = new() { Characteristic = Characteristic.ControlPoint } }),
                .. Frames.Block(new FromBridge { Link = 1, Notification = told }),
                .. Frames.Block(new FromBridge { Link = 1, Written = new() { Characteristic = Characteristic.ControlPoint, AttStatus = 3 } }),
                .. Frames.Block(new FromBridge { Link = 1, ReadReply = new() { Uuid = Frames.Revision.ToWire(), Value = ByteString.CopyFrom(1, 2) } }),
                .. Frames.Block(new FromBridge { Link = 1, Fault = new() { Message = "gone" } }),
                .. Frames.Block(new FromBridge { Link = 1, Disconnected = new() { Reason = 22 } }),
            ];
        }
    }

    public void Run(byte[] input)
    {
        var time = new VirtualTime();
        using var stream = new ScriptedStream(new(input), time);
        time.Run(async () =>
        {
            var adapter = new BridgeAdapter(stream, stream, new("127.0.0.1", 7001), time);
            try
            {
                await adapter.GreetAsync(default);
                Flaw.UnlessOneLine(adapter.Name);
                Flaw.If(adapter.MaxLinks < 1, $"{adapter.MaxLinks} links");
                await ScanAsync(adapter, time);
                await using var link = await adapter.ConnectAsync(Peer, AddressType.Random, new(), default);
                Flaw.If(link.Mtu is < 23 or > 517, $"MTU {link.Mtu}");
                await UseAsync(link);
            }
            catch (DfuException e)
            {
                Flaw.UnlessOneLine(e.Message);
            }
            finally
            {
                await adapter.DisposeAsync();
            }

            Flaw.If(!adapter.Lost.IsCompleted, "it is closed and not lost");
            Flaw.UnlessOneLine(await adapter.Lost);
        }, waitForOtherThreads: true);
        Flaw.If(time.Elapsed > Bound, $"it took {time.Elapsed}");
        Frames.Check(stream.Written, ToBridge.Parser);
    }

    private static async Task ScanAsync(BridgeAdapter adapter, TimeProvider time)
    {
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(2), time);
        try
        {
            await foreach (var heard in adapter.ScanAsync(enough.Token)) _ = heard.IsRandomStatic;
        }
        catch (OperationCanceledException)
        {
            // Heard enough.
        }
    }

    private static async Task UseAsync(IDfuLink link)
    {
        foreach (var step in new Func<Task>[]
        {
            () => link.SecureAsync(default),
            () => link.SubscribeAsync(DfuCharacteristic.ControlPoint, default),
            async () =>
            {
                for (var i = 0; i < 20; i++) await link.WriteCommandAsync(DfuCharacteristic.Packet, new byte[20], default);
            },
            () => link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 6, 1 }, default),
            () => link.Readable.Contains(Frames.Revision) ? link.ReadAsync(Frames.Revision, default) : Task.CompletedTask,
        })
        {
            try
            {
                await step();
            }
            catch (DfuException e)
            {
                Flaw.UnlessOneLine(e.Message);
            }

            while (link.Notifications.TryRead(out var told)) Flaw.If(!Enum.IsDefined(told.Characteristic), $"a value of characteristic {told.Characteristic}");
        }
    }
}

/// <summary>What hosts send: the bridge's end of a stream, over a radio that does what it is told.</summary>
internal sealed class ServedTarget : IFuzzTarget
{
    private static readonly TimeSpan Bound = TimeSpan.FromHours(1);

    public string Name => "served";

    public int Longest => 2048;

    public IEnumerable<byte[]> Seeds
    {
        get
        {
            var hello = Frames.Block(new ToBridge { Hello = new() { Version = 1 } });
            byte[] connect =
            [
                .. hello,
                .. Frames.Block(new ToBridge { StartScan = new() }),
                .. Frames.Block(
                    new ToBridge { Link = 1, Connect = new() { Address = ByteString.CopyFrom(1, 2, 3, 4, 5, 6), TimeoutMs = 5000, PreferredMtu = 247 } }),
            ];
            yield return [.. connect, .. Frames.Block(new ToBridge { Link = 1, Disconnect = new() }), .. Frames.Block(new ToBridge { StopScan = new() })];
            yield return
            [
                .. connect,
                .. Frames.Block(new ToBridge { Link = 1, Secure = new() }),
                .. Frames.Block(new ToBridge { Link = 1, Subscribe = new() { Characteristic = Characteristic.ControlPoint } }),
                .. Frames.Block(new ToBridge { Link = 1, Write = new() { Characteristic = Characteristic.ControlPoint, Value = ByteString.CopyFrom(6, 1) } }),
                .. Frames.Block(
                    new ToBridge { Link = 1, WriteCommand = new() { Characteristic = Characteristic.Packet, Value = ByteString.CopyFrom(1, 2, 3) } },
                    new ToBridge { Link = 1, Read = new() { Uuid = Frames.Revision.ToWire() } }),
            ];
        }
    }

    public void Run(byte[] input)
    {
        var time = new VirtualTime();
        using var stream = new ScriptedStream(new(input), time);
        time.Run(() => new RadioStream(stream, _ => stream.Dispose(), _ => Task.FromResult<IAdapter>(new Radio()), time).RunAsync(), waitForOtherThreads: true);
        Flaw.If(time.Elapsed > Bound, $"it took {time.Elapsed}");
        Frames.Check(stream.Written, FromBridge.Parser);
    }

    private sealed class Radio : IAdapter
    {
        private readonly TaskCompletionSource<string> _lost = new();

        public string Name => "radio";

        public BluetoothAddress? Address => null;

        public int MaxLinks => 3;

        public Task<string> Lost => _lost.Task;

        public async IAsyncEnumerable<Advertisement> ScanAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return new(new(1), AddressType.Random, -50, "x", DfuService: true, Connectable: true);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }

        public Task<IDfuLink> ConnectAsync(BluetoothAddress address, AddressType addressType, LinkOptions options, CancellationToken cancellationToken) =>
            (address.Value & 1) == 0
                ? Task.FromResult<IDfuLink>(new Link())
                : Task.FromException<IDfuLink>(new DfuException(DfuError.ConnectTimeout, "nobody answers"));

        public ValueTask DisposeAsync()
        {
            _lost.TrySetResult("closed");
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Link : IDfuLink
    {
        private readonly Channel<LinkNotification> _notifications = Channel.CreateUnbounded<LinkNotification>();
        private readonly TaskCompletionSource<LinkClosure> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Mtu => 247;

        public IReadOnlySet<DfuCharacteristic> Characteristics => ImmutableHashSet.Create(DfuCharacteristic.ControlPoint, DfuCharacteristic.Packet);

        public IReadOnlySet<Guid> Readable => ImmutableHashSet.Create(Frames.Revision);

        public TimeSpan? Interval => null;

        public bool KeepsOrder => true;

        public ChannelReader<LinkNotification> Notifications => _notifications.Reader;

        public Task<LinkClosure> Closed => _closed.Task;

        public Task SecureAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
        {
            Flaw.If(!Enum.IsDefined(characteristic), $"a write to characteristic {characteristic}");
            if (value.Length > 200) return Task.FromException(new DfuException(DfuError.AttError, "too long") { AttStatus = 13 });
            _notifications.Writer.TryWrite(new(characteristic, value.ToArray()));
            return Task.CompletedTask;
        }

        public Task<ReadOnlyMemory<byte>> ReadAsync(Guid characteristic, CancellationToken cancellationToken) =>
            Task.FromResult<ReadOnlyMemory<byte>>(new byte[] { 1, 2, 3 });

        public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
        {
            if (value.Length == 7) return ValueTask.FromException(End());
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            End();
            return ValueTask.CompletedTask;
        }

        private DfuException End()
        {
            _notifications.Writer.TryComplete();
            _closed.TrySetResult(new(LinkClosure.SupervisionTimeout));
            return new(DfuError.LinkLost, "gone");
        }
    }
}
