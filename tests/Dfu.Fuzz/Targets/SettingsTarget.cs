using Dfu.Fuzz.Engine;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Packages.Settings;

namespace Dfu.Fuzz.Targets;

/// <summary>Settings pages, as files.</summary>
internal sealed class SettingsTarget : IFuzzTarget
{
    public string Name => "settings";

    public IEnumerable<byte[]> Seeds =>
        [Page(1).ToBytes(), Page(2).ToBytes(), System.Text.Encoding.ASCII.GetBytes(SettingsFile.ToHex(Page(1), 0xFF000, 0xFE000))];

    public void Run(byte[] input)
    {
        SettingsPage page;
        try
        {
            page = SettingsFile.Read(input, input.Length % 5 == 0 ? 0xFF000u : null).Page;
        }
        catch (DfuException e) when (e.Error == DfuError.FirmwareInvalid)
        {
            Flaw.UnlessOneLine(e.Message);
            return;
        }

        var bytes = page.ToBytes();
        Flaw.If(!SettingsPage.TryParse(bytes, out var again), "written it cannot be read again");
        Flaw.If(!again!.CrcMatches || !again.ValidationCrcMatches, "written it has a CRC that does not fit");
        Flaw.If(!again.ToBytes().AsSpan().SequenceEqual(bytes), "written and read again it is another page");
    }

    private static SettingsPage Page(int version) => new()
    {
        Version = version,
        ApplicationVersion = 7,
        BootloaderVersion = 2,
        BankLayout = 1,
        Bank0 = new(1000, 0x1234_5678, SettingsBank.ValidApplication),
        SoftDeviceSize = 0x2_5000,
        ApplicationValidation = version == 1 ? SettingsValidation.None : new(BootValidationKind.Sha256, new byte[32]),
    };
}
