namespace Dfu.Adapters.BlueZ.Kernel;

/// <summary>
/// Classic BPF programs: what nobody here reads never leaves the kernel. Without them a busy adapter would wake this process for every packet and
/// every advertisement.
/// </summary>
/// <remarks>
/// Instructions are struct sock_filter: code u16, jump if true u8, if false u8, operand u32. Loads are big-endian, the packets little-endian; loading
/// behind the end drops the packet.
/// </remarks>
internal static unsafe class PacketFilter
{
    private const ushort LoadHalf = 0x28;
    private const ushort LoadByte = 0x30;
    private const ushort JumpIfEqual = 0x15;
    private const ushort Return = 0x06;

    /// <summary>Answers, controllers that come and go, links that end, connects that fail.</summary>
    public static readonly ulong[] Control = Assemble(
        new Load(LoadHalf, 0),
        new Accept(0x0100),
        new Accept(0x0200),
        new Accept(0x0400),
        new Accept(0x0500),
        new Accept(0x0C00),
        new Accept(0x0D00));

    /// <summary>Controllers that close or go, commands and the answers to them, links that begin, change or end.</summary>
    public static readonly ulong[] Monitor = Assemble(
        new Load(LoadHalf, 0),
        new Accept(0x0100),
        new Accept(0x0900),
        new Accept(0x0200),
        new Only(0x0300),
        new Load(LoadByte, 6),
        new Accept(0x05),
        new Accept(0x0E),
        new Accept(0x0F),
        new Only(0x3E),
        new Load(LoadByte, 8),
        new Accept(0x01),
        new Accept(0x03),
        new Accept(0x0A),
        new Accept(0x0C),
        new Accept(0x29));

    /// <returns>False when the kernel refuses; everything then arrives and is passed over.</returns>
    public static bool Attach(FileHandle socket, ulong[] filter)
    {
        fixed (ulong* at = filter)
        {
            var program = new Libc.FilterProgram { Length = (ushort)filter.Length, Filter = at };
            return Libc.SetSocketOption(socket, Libc.SOL_SOCKET, Libc.SO_ATTACH_FILTER, &program, sizeof(Libc.FilterProgram)) == 0;
        }
    }

    private static ulong[] Assemble(params Step[] steps)
    {
        // A drop and an accept follow the last step.
        var drop = steps.Length;
        return
        [
            .. steps.Select((step, at) => step switch
            {
                Load load => Instruction(load.Code, 0, 0, load.Offset),
                Accept accept => Instruction(JumpIfEqual, drop - at, 0, accept.Value),
                Only only => Instruction(JumpIfEqual, 0, drop - at - 1, only.Value),
                _ => throw new InvalidOperationException($"{step} is no instruction"),
            }),
            Instruction(Return, 0, 0, 0),
            Instruction(Return, 0, 0, uint.MaxValue),
        ];
    }

    private static ulong Instruction(ushort code, int ifTrue, int ifFalse, uint operand)
    {
        Span<byte> bytes = stackalloc byte[8];
        BitConverter.TryWriteBytes(bytes, code);
        bytes[2] = checked((byte)ifTrue);
        bytes[3] = checked((byte)ifFalse);
        BitConverter.TryWriteBytes(bytes[4..], operand);
        return BitConverter.ToUInt64(bytes);
    }

    private abstract record Step;

    private sealed record Load(ushort Code, uint Offset) : Step;

    private sealed record Accept(uint Value) : Step;

    private sealed record Only(uint Value) : Step;
}
