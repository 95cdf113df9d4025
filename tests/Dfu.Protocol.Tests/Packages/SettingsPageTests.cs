using System.Buffers.Binary;
using System.IO.Hashing;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Packages.Settings;

namespace Dfu.Protocol.Tests.Packages;

public sealed class SettingsPageTests
{
    [Fact]
    public void A_page_in_use_tells_of_the_update_that_is_not_finished()
    {
        var flash = new byte[0x1000];
        Array.Fill(flash, (byte)0xFF);
        new SettingsPage { Version = 2, Bank1 = new(4096, 1, 0), BankLayout = 0 }.ToBytes().CopyTo(flash, 0);
        var packet = new RawZip(Samples.Bytes("app9k.zip")).Entries.Single(entry => entry.Name.EndsWith(".dat", StringComparison.Ordinal)).Content;
        BinaryPrimitives.WriteUInt32LittleEndian(flash.AsSpan(0x38), (uint)packet.Length);
        packet.CopyTo(flash, 0x5C);
        BinaryPrimitives.WriteUInt32LittleEndian(flash, Crc32.HashToUInt32(flash.AsSpan(4..0x5C)));

        Assert.True(SettingsPage.TryParse(flash, out var page));

        Assert.True(page is { CrcMatches: true, ValidationCrcMatches: true });
        Assert.Equal(packet, page.InitPacket.ToArray());
        Assert.Equal(4096u, page.Bank1.Size);
    }

    [Theory]
    [InlineData(0x5B, 1)]
    [InlineData(0x322, 2)]
    [InlineData(0x1000, 0)]
    [InlineData(0x1000, 3)]
    public void What_is_too_short_or_of_another_version_is_no_page(int bytes, uint version)
    {
        var flash = new byte[bytes];
        BinaryPrimitives.WriteUInt32LittleEndian(flash.AsSpan(4), version);
        Assert.False(SettingsPage.TryParse(flash, out _));
    }

    [Theory]
    [InlineData(BootValidationKind.Crc, 4)]
    [InlineData(BootValidationKind.Sha256, 32)]
    [InlineData(BootValidationKind.None, 0)]
    public void What_is_written_is_read(BootValidationKind kind, int bytes)
    {
        var contents = new SettingsContents
        {
            Version = 2,
            BootloaderVersion = uint.MaxValue,
            Application = new("app", new byte[] { 1, 2, 3 }),
            ApplicationVersion = 10203,
            SoftDevice = new("sd", new byte[] { 4, 5, 6, 7 }),
            ApplicationBootValidation = kind,
            SoftDeviceBootValidation = kind,
        };
        var page = contents.ToPage(null);

        Assert.True(SettingsPage.TryParse(page.ToBytes(), out var read));

        Assert.Equal((10203u, uint.MaxValue, 4u), (read.ApplicationVersion, read.BootloaderVersion, read.SoftDeviceSize));
        Assert.Equal((kind, bytes), (read.ApplicationValidation.Kind, read.ApplicationValidation.Value.Length));
        Assert.Equal(page.SoftDeviceValidation.Value.ToArray(), read.SoftDeviceValidation.Value.ToArray());
        Assert.Equal(new SettingsBank(4, Crc32.HashToUInt32([1, 2, 3, 0xFF]), SettingsBank.ValidApplication), read.Bank0);
    }
}
