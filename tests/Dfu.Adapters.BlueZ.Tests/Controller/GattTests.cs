using Dfu.Adapters.Simulated;

namespace Dfu.Adapters.BlueZ.Tests.VirtualControllers;

public sealed class GattTests
{
    private const string DfuUuid = "-F315-4F60-9FB8-838830DAEA50";

    [Fact]
    public void A_bootloader_has_the_secure_DFU_service_with_both_characteristics() => Bench.Run(async bench =>
    {
        var (_, host, _) = await bench.PlugInAsync();
        var connection = await host.ConnectAsync(bench.Devices[0].BootloaderAddress);
        var database = await connection.DiscoverAsync();
        Assert.Equal(["1800", "1801", "FE59"], database.Services.Select(service => service.Uuid));
        Assert.Equal(0xffff, database.Services[^1].Last);
        Assert.Equal(
            [("1800", 0x02, "2A00"), ("1800", 0x02, "2A01"), ("1801", 0x20, "2A05"), ("FE59", 0x04, Uuid("8EC90002")), ("FE59", 0x18, Uuid("8EC90001"))],
            database.Characteristics.Select(c => (c.Service, (int)c.Properties, c.Uuid)));
        var service = database.Services[^1];
        Assert.Equal(
            [0x07, .. HostConnection.Bytes(service.First), .. HostConnection.Bytes(service.Last)],
            await connection.RequestAsync(0x06, 1, 0, 0xff, 0xff, 0x00, 0x28, 0x59, 0xfe));
    });

    [Theory]
    [InlineData("sdk17", false, "FE59", "8EC90003", 0x28)]
    [InlineData("sdk17", true, "FE59", "8EC90004", 0x28)]
    [InlineData("sdk12", false, "8E400001", "8E400001", 0x18)]
    public void An_application_has_its_buttonless_characteristic(string profile, bool bonded, string service, string characteristic, int properties) => Bench.Run(
        async bench =>
        {
            var (_, host, _) = await bench.PlugInAsync();
            var connection = await host.ConnectAsync(bench.Devices[0].ApplicationAddress);
            Assert.Equal(23, await connection.ExchangeMtuAsync());
            var database = await connection.DiscoverAsync();
            Assert.Equal(["1800", "1801", service.Length == 4 ? service : Uuid(service)], database.Services.Select(found => found.Uuid));
            Assert.Equal((properties, Uuid(characteristic)), (database[characteristic].Properties, database[characteristic].Uuid));
        },
        options: plain => plain with { StartsInApplication = true, Bonded = bonded, Profile = BootloaderProfile.TryParse(profile, out var parsed) ? parsed : null! });

    [Fact]
    public void The_jump_is_indicated_confirmed_and_then_the_device_leaves() => Bench.Run(
        async bench =>
        {
            var (_, host, _) = await bench.PlugInAsync();
            var connection = await host.ConnectAsync(bench.Devices[0].ApplicationAddress);
            var buttonless = (await connection.DiscoverAsync())["8EC90003"];
            Assert.Equal([0x13], await connection.RequestAsync([0x12, .. buttonless.Configuration, 2, 0]));
            Assert.Equal((byte[])[0x0b, 2, 0], await connection.RequestAsync([0x0a, .. buttonless.Configuration]));
            Assert.Equal([0x13], await connection.RequestAsync([0x12, .. buttonless.ValueHandle, 0x01]));
            var (handle, value) = await connection.Notifications.Reader.ReadAsync();
            Assert.Equal((buttonless.Value, "200101"), (handle, Convert.ToHexString(value)));
            Assert.Equal(0x13, await connection.Closed);
            Assert.Equal([0x13, 0x1d], connection.Order[^2..]); // acknowledged before it is answered
            var bootloader = await host.ConnectAsync(bench.Devices[0].BootloaderAddress);
            Assert.Contains("8EC90001", (await bootloader.DiscoverAsync())["8EC90001"].Uuid, StringComparison.Ordinal);
        },
        options: plain => plain with { StartsInApplication = true });

    [Fact]
    public void An_indication_nobody_confirms_holds_the_news_of_the_end_back_for_a_while() => Bench.Run(
        async bench =>
        {
            var (_, host, _) = await bench.PlugInAsync();
            var connection = await host.ConnectAsync(bench.Devices[0].ApplicationAddress);
            connection.ConfirmsIndications = false;
            var buttonless = (await connection.DiscoverAsync())["8EC90003"];
            await connection.RequestAsync([0x12, .. buttonless.Configuration, 2, 0]);
            await connection.RequestAsync([0x12, .. buttonless.ValueHandle, 0x01]);
            await connection.Notifications.Reader.ReadAsync();
            await bench.Wait(4_000);
            Assert.False(connection.Closed.IsCompleted);
            await bench.Wait(2_000);
            Assert.Equal(0x13, await connection.Closed);
        },
        options: plain => plain with { StartsInApplication = true });

    [Fact]
    public void What_the_device_or_the_table_refuses_comes_back_as_an_error() => Bench.Run(async bench =>
    {
        var (_, host, _) = await bench.PlugInAsync();
        var connection = await host.ConnectAsync(bench.Devices[0].BootloaderAddress);
        var database = await connection.DiscoverAsync();
        var (control, packet) = (database["8EC90001"], database["8EC90002"]);
        Assert.Equal([0x01, 0x12, .. control.ValueHandle, 0xfd], await connection.RequestAsync([0x12, .. control.ValueHandle, 0x06, 0x01])); // not subscribed
        Assert.Equal([0x01, 0x12, .. packet.ValueHandle, 0x03], await connection.RequestAsync([0x12, .. packet.ValueHandle, 0x06]));
        Assert.Equal([0x01, 0x0a, .. control.ValueHandle, 0x02], await connection.RequestAsync([0x0a, .. control.ValueHandle]));
        Assert.Equal([0x01, 0x12, .. control.Configuration, 0x0d], await connection.RequestAsync([0x12, .. control.Configuration, 1]));
        Assert.Equal([0x01, 0x12, 0x01, 0x00, 0x03], await connection.RequestAsync(0x12, 1, 0, 7));
        Assert.Equal([0x01, 0x0a, 0x00, 0x20, 0x01], await connection.RequestAsync(0x0a, 0x00, 0x20));
        Assert.Equal([0x01, 0x16, 0x01, 0x00, 0x06], await connection.RequestAsync(0x16, 1, 0, 0, 0, 5)); // prepared writes
        Assert.Equal([0x01, 0x10, 0x01, 0x00, 0x10], await connection.RequestAsync(0x10, 1, 0, 0xff, 0xff, 0x03, 0x28));
        Assert.Equal([0x01, 0x08, 0x05, 0x00, 0x01], await connection.RequestAsync(0x08, 5, 0, 1, 0, 0x03, 0x28));
        Assert.Equal([0x01, 0x08, 0x00, 0x00, 0x04], await connection.RequestAsync(0x08, 5));
        Assert.Equal([0x01, 0x08, 0x01, 0x00, 0x0a], await connection.RequestAsync(0x08, 1, 0, 0xff, 0xff, 0x2a, 0x2b)); // no database hash
    });

    [Fact]
    public void A_name_is_read_whole_or_from_somewhere_inside() => Bench.Run(async bench =>
    {
        var (_, host, _) = await bench.PlugInAsync();
        await host.ScanAsync(active: false, filters: true);
        await bench.Wait(300);
        var connection = await host.ConnectAsync(bench.Devices[0].BootloaderAddress);
        var name = (await connection.DiscoverAsync())["2A00"];
        Assert.Equal([0x0b, .. "DfuTarg"u8], await connection.RequestAsync([0x0a, .. name.ValueHandle]));
        Assert.Equal([0x0d, .. "Targ"u8], await connection.RequestAsync([0x0c, .. name.ValueHandle, 3, 0]));
        Assert.Equal([0x01, 0x0c, .. name.ValueHandle, 0x07], await connection.RequestAsync([0x0c, .. name.ValueHandle, 9, 0]));
    });

    [Fact]
    public void Pairing_is_declined_and_a_signal_nobody_knows_rejected() => Bench.Run(async bench =>
    {
        var (_, host, _) = await bench.PlugInAsync();
        var connection = await host.ConnectAsync(bench.Devices[0].BootloaderAddress);
        await connection.SendAsync(6, [0x01, 3, 0, 0, 16, 1, 1]);
        var (channel, failed) = await connection.OtherAsync();
        Assert.Equal((6, "0505"), (channel, Convert.ToHexString(failed)));
        await connection.SendAsync(5, [0x17, 9, 2, 0, 0, 0]);
        (channel, var rejected) = await connection.OtherAsync();
        Assert.Equal((5, "010902000000"), (channel, Convert.ToHexString(rejected)));
    });

    private static string Uuid(string start) => (start + DfuUuid).Replace("-", "", StringComparison.Ordinal);
}
