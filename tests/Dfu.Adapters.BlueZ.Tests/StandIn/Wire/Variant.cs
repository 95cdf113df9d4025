namespace Dfu.Adapters.BlueZ.Tests.StandIn.Wire;

/// <summary>A value with its D-Bus type, such as <c>as</c>.</summary>
internal sealed record Variant(string Signature, object Value)
{
    public static implicit operator Variant(string value) => new("s", value);
    public static implicit operator Variant(bool value) => new("b", value);
    public static implicit operator Variant(short value) => new("n", value);
    public static implicit operator Variant(ushort value) => new("q", value);
    public static implicit operator Variant(uint value) => new("u", value);
    public static implicit operator Variant(byte[] value) => new("ay", value);
    public static implicit operator Variant(string[] value) => new("as", value);

    public static Variant Path(string path) => new("o", path);
}
