using System.Text;
using Dfu.Protocol.Requests;

namespace Dfu.Adapters.Simulated.Devices;

/// <summary>The buttonless service of an application: what each generation answers, as a function of the write.</summary>
/// <remarks>
/// nRF5 SDK 17.1, ble_dfu.c, ble_dfu_unbonded.c and ble_dfu_bonded.c, which takes no name; SDK 12's experimental service answers with the same layout.
/// </remarks>
internal static class ButtonlessApplication
{
    private const int LongestName = 20;

    /// <summary>The answer, the name to advertise when one was set, and whether the device enters its bootloader once the answer is delivered.</summary>
    public static (byte[] Answer, string? Name, bool Enters) Handle(ButtonlessKind kind, bool bonds, ReadOnlySpan<byte> value) => value switch
    {
        [Buttonless.EnterBootloader, ..] => (Result(value[0], Buttonless.Success), null, true),
        [Buttonless.SetName, var length, .. var name] when kind == ButtonlessKind.NamedIndicate && !bonds =>
            length is > 0 and <= LongestName && name.Length == length
                ? (Result(value[0], Buttonless.Success), Encoding.UTF8.GetString(name), false)
                : (Result(value[0], Buttonless.AdvertisementNameInvalid), null, false),
        [Buttonless.SetName] when kind == ButtonlessKind.NamedIndicate && !bonds => (Result(value[0], Buttonless.AdvertisementNameInvalid), null, false),
        [var operation, ..] => (Result(operation, Buttonless.OpCodeNotSupported), null, false),
        [] => (Result(0, Buttonless.OpCodeNotSupported), null, false),
    };

    private static byte[] Result(byte operation, byte code) => [Buttonless.Response, operation, code];
}
