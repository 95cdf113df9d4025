using System.Buffers.Binary;
using System.IO.Hashing;
using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;

namespace Dfu.Adapters.Simulated.Tests;

/// <summary>A host that does what it is told and checks nothing: one device, one adapter, virtual time.</summary>
internal sealed class TestHost : IDisposable
{
    public static readonly BluetoothAddress Application = BluetoothAddress.Parse("C0:98:76:54:32:10");

    private readonly SimulatedAdapterSource _source;
    private IAdapter? _adapter;

    public TestHost(VirtualDeviceOptions? options = null, LinkModel? link = null, int seed = 1)
        : this(air => air.Add(options ?? Options()), link, seed)
    {
    }

    public TestHost(Func<SimulatedAir, VirtualDevice> add, LinkModel? link = null, int seed = 1)
    {
        Air = new SimulatedAir(Time, link ?? LinkModel.Perfect, seed);
        Device = add(Air);
        _source = Air.CreateAdapter("sim", new AdapterModel());
    }

    public VirtualTime Time { get; } = new();
    public SimulatedAir Air { get; }
    public VirtualDevice Device { get; }
    public SimulatedLink Link { get; private set; } = null!;
    public TestImage Image { get; set; } = TestData.Image("app10k");

    public static VirtualDeviceOptions Options(BootloaderProfile? profile = null) =>
        new() { ApplicationAddress = Application, Profile = profile ?? BootloaderProfile.Sdk17 };

    public static void Run(Func<TestHost, Task> body, VirtualDeviceOptions? options = null, LinkModel? link = null, int seed = 1)
    {
        using var host = new TestHost(options, link, seed);
        host.Time.Run(() => body(host));
    }

    public double Milliseconds => Time.Elapsed.TotalMilliseconds;

    public Task Wait(double milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), Time);

    public async Task WaitFor(Func<bool> condition)
    {
        for (var i = 0; i < 60_000 && !condition(); i++) await Wait(10);
        Assert.True(condition());
    }

    public async Task ConnectAsync(bool subscribe = true, int mtu = 247)
    {
        _adapter ??= await _source.OpenAsync(default);
        await WaitFor(() => Device.Advertises is not null);
        var address = Device.Advertises!.Value.Address;
        Link = (SimulatedLink)await _adapter.ConnectAsync(address, AddressType.Random, new LinkOptions { PreferredMtu = mtu }, default);
        if (subscribe) await Link.SubscribeAsync(Control, default);
    }

    public DfuCharacteristic Control => Link.Characteristics.First(c => c != DfuCharacteristic.Packet);

    /// <summary>A request and its answer, as hexadecimal digits.</summary>
    public async Task<string> AskAsync(params byte[] request)
    {
        await Link.WriteAsync(Control, request, default);
        return await AnswerAsync();
    }

    /// <summary>The next notification as hexadecimal digits, or nothing when none comes within a minute.</summary>
    public async Task<string> AnswerAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60), Time);
        try
        {
            return Convert.ToHexStringLower((await Link.Notifications.ReadAsync(timeout.Token)).Value.Span);
        }
        catch (OperationCanceledException)
        {
            return "";
        }
        catch (System.Threading.Channels.ChannelClosedException)
        {
            return "closed";
        }
    }

    public Task<string> CreateAsync(ObjectType type, int size) => AskAsync([OpCode.Create, (byte)type, .. U32(size)]);

    public Task<string> SelectAsync(ObjectType type) => AskAsync(OpCode.Select, (byte)type);

    public Task<string> ExecuteAsync() => AskAsync(OpCode.Execute);

    /// <summary>Offset and CRC of the selected object.</summary>
    public async Task<(int Offset, uint Crc)> CrcAsync() => Parse(await AskAsync(OpCode.GetCrc), 3);

    public async Task<(int Offset, uint Crc)> HeldAsync(ObjectType type) => Parse(await SelectAsync(type), 7);

    public async Task SendAsync(ReadOnlyMemory<byte> bytes, int? packet = null)
    {
        var size = packet ?? (Link.Mtu - 3) & ~3;
        for (var at = 0; at < bytes.Length; at += size)
        {
            await Link.WriteCommandAsync(DfuCharacteristic.Packet, bytes.Slice(at, Math.Min(size, bytes.Length - at)), default);
        }
    }

    /// <summary>Init packet, accepted.</summary>
    public async Task InitAsync()
    {
        Assert.Equal("600101", await CreateAsync(ObjectType.Command, Image.Init.Length));
        await SendAsync(Image.Init);
        Assert.Equal((Image.Init.Length, Crc32.HashToUInt32(Image.Init)), await CrcAsync());
        Assert.Equal("600401", await ExecuteAsync());
    }

    /// <summary>Announces an init packet and sends it without looking whether it arrived.</summary>
    public async Task InitWithoutPacketsAsync()
    {
        await CreateAsync(ObjectType.Command, Image.Init.Length);
        await SendAsync(Image.Init);
    }

    public int ObjectSize(int offset) => Math.Min(4096, Image.Firmware.Length - offset);

    /// <summary>Creates an object, waits, sends it whole and returns what the device has of the image then.</summary>
    public async Task<int> ObjectAsync(int offset, double guard = 100)
    {
        Assert.Equal("600101", await CreateAsync(ObjectType.Data, ObjectSize(offset)));
        await Wait(guard);
        await SendAsync(Image.Firmware.AsMemory(offset, ObjectSize(offset)));
        return (await CrcAsync()).Offset;
    }

    /// <summary>The objects from one offset to another, executed.</summary>
    public async Task ObjectsAsync(int from, int to, double guard = 300)
    {
        for (var offset = from; offset < to; offset += ObjectSize(offset))
        {
            Assert.Equal(offset + ObjectSize(offset), await ObjectAsync(offset, guard));
            Assert.Equal("600401", await ExecuteAsync());
        }
    }

    public async Task<bool> IsSilentAsync(double milliseconds = 500)
    {
        await Wait(milliseconds);
        return !Link.Notifications.TryRead(out _);
    }

    public void Dispose() => Air.Dispose();

    private static byte[] U32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static (int Offset, uint Crc) Parse(string answer, int at)
    {
        var bytes = Convert.FromHexString(answer).AsSpan(at);
        return (BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]));
    }
}
