using System.Buffers.Binary;

namespace Dfu.Adapters.BlueZ.Tests.StandIn.Wire;

internal enum MessageKind : byte
{
    Call = 1,
    Return = 2,
    Error = 3,
    Signal = 4,
}

/// <summary>One D-Bus message. File descriptors are not read, only sent.</summary>
internal sealed record DBusMessage(MessageKind Kind)
{
    private const byte NoReplyExpected = 1;

    public uint Serial { get; init; }
    public string Path { get; init; } = "";
    public string Interface { get; init; } = "";
    public string Member { get; init; } = "";
    public string ErrorName { get; init; } = "";
    public uint ReplyTo { get; init; }
    public string Destination { get; init; } = "";
    public string Sender { get; init; } = "";
    public string Signature { get; init; } = "";
    public object[] Body { get; init; } = [];
    public bool WantsReply { get; init; } = true;
    public uint FileDescriptors { get; init; }

    public byte[] ToBytes(uint serial)
    {
        var body = new DBusWriter();
        body.Write(Signature, Body);
        var fields = new List<object[]>();
        Add(1, "o", Path);
        Add(2, "s", Interface);
        Add(3, "s", Member);
        Add(4, "s", ErrorName);
        if (ReplyTo != 0) fields.Add([(byte)5, new Variant("u", ReplyTo)]);
        Add(6, "s", Destination);
        Add(8, "g", Signature);
        if (FileDescriptors != 0) fields.Add([(byte)9, new Variant("u", FileDescriptors)]);

        var message = new DBusWriter();
        message.Write("yyyyuua(yv)", (byte)'l', (byte)Kind, Kind == MessageKind.Call ? (byte)0 : NoReplyExpected, (byte)1, (uint)body.Length, serial, fields);
        message.Align(8);
        return [.. message.ToArray(), .. body.ToArray()];

        void Add(byte code, string type, string value)
        {
            if (value.Length > 0) fields.Add([code, new Variant(type, value)]);
        }
    }

    /// <returns>Null while the bytes do not hold a whole message.</returns>
    public static DBusMessage? TryParse(ReadOnlyMemory<byte> bytes, out int length)
    {
        length = 0;
        if (bytes.Length < 16) return null;
        var span = bytes.Span;
        if (span[0] != 'l') throw new NotSupportedException("big-endian message");
        var body = BinaryPrimitives.ReadInt32LittleEndian(span[4..]);
        var header = (16 + BinaryPrimitives.ReadInt32LittleEndian(span[12..]) + 7) / 8 * 8;
        if (bytes.Length < header + body) return null;
        length = header + body;

        var read = new DBusReader(bytes[..header]).Read("yyyyuua(yv)");
        var fields = ((object[])read[6]).Cast<object[]>().ToDictionary(static field => (byte)field[0], static field => field[1]);
        var signature = Text(8);
        return new((MessageKind)span[1])
        {
            Serial = (uint)read[5],
            Path = Text(1),
            Interface = Text(2),
            Member = Text(3),
            ErrorName = Text(4),
            ReplyTo = fields.TryGetValue(5, out var serial) ? (uint)serial : 0,
            Destination = Text(6),
            Sender = Text(7),
            Signature = signature,
            Body = new DBusReader(bytes.Slice(header, body)).Read(signature),
            WantsReply = (span[2] & NoReplyExpected) == 0,
        };

        string Text(byte code) => fields.TryGetValue(code, out var value) ? (string)value : "";
    }
}
