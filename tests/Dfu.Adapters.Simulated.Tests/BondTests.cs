using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.Simulated.Tests;

/// <summary>Devices that bond, as docs/bootloader.md#bonds has it: who is let in, by which program, and what outlives what.</summary>
public sealed class BondTests : IDisposable
{
    private static readonly LinkOptions Asked = new() { ConnectTimeout = TimeSpan.FromSeconds(5) };
    private readonly string _path = Directory.CreateTempSubdirectory("dfu-bonds-").FullName;

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void B2_the_application_takes_nothing_from_a_link_that_is_not_encrypted_the_subscription_neither() => Run(async room =>
    {
        await using var link = await room.ConnectAsync(room.First);
        Assert.Equal([DfuCharacteristic.ButtonlessBonded], link.Characteristics);
        Assert.Equal(0x05, await StatusAsync(() => link.SubscribeAsync(DfuCharacteristic.ButtonlessBonded, default)));
        Assert.Equal(0x05, await StatusAsync(() => link.WriteAsync(DfuCharacteristic.ButtonlessBonded, new byte[] { 1 }, default)));
        await link.SecureAsync(default);
        Assert.Equal(0xfd, await StatusAsync(() => link.WriteAsync(DfuCharacteristic.ButtonlessBonded, new byte[] { 1 }, default)));
        await link.DisposeAsync();

        await using var next = await room.ConnectAsync(room.First);
        Assert.Equal(0x0f, await StatusAsync(() => next.SubscribeAsync(DfuCharacteristic.ButtonlessBonded, default))); // it has a key and does not use it
    });

    [Fact]
    public void B3_it_takes_no_name_and_its_bootloader_has_the_same_address() => Run(async room =>
    {
        await using var link = await room.ConnectAsync(room.First);
        await link.SecureAsync(default);
        await link.SubscribeAsync(DfuCharacteristic.ButtonlessBonded, default);
        Assert.Equal("200202", await Room.AskAsync(link, 2, 3, (byte)'A', (byte)'b', (byte)'c'));
        Assert.Equal("200101", await Room.AskAsync(link, 1));
        await room.WaitFor(() => room.Device.Mode == DeviceMode.Bootloader && room.Device.Advertises is not null);
        Assert.Equal((room.Device.ApplicationAddress, "DfuTarg"), room.Device.Advertises);
    });

    [Fact]
    public void B4_the_bootloader_takes_requests_of_the_peer_it_was_given_alone() => Run(async room =>
    {
        await room.EnterAsync(room.First);
        await using (var other = await room.ConnectAsync(room.Second))
        {
            await other.SubscribeAsync(DfuCharacteristic.ControlPoint, default);
            Assert.Equal(0x05, await StatusAsync(() => other.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 6, 1 }, default)));
            Assert.Equal(DfuError.PairingRefused, (await Assert.ThrowsAsync<DfuException>(() => other.SecureAsync(default))).Error);
        }

        await using var link = await room.ConnectAsync(room.First);
        Assert.Equal(0x0f, await StatusAsync(() => link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { 6, 1 }, default)));
        await link.SecureAsync(default);
        await link.SubscribeAsync(DfuCharacteristic.ControlPoint, default);
        Assert.StartsWith("600601", await Room.AskAsync(link, 6, 1), StringComparison.Ordinal);
    });

    /// <summary>A peer that gave its identity key goes onto the whitelist; Linux gives none unless it runs with privacy.</summary>
    [Fact]
    public void B5_a_bootloader_with_the_peers_identity_key_does_not_answer_others_at_all() => Run(
        async room =>
        {
            await room.EnterAsync(room.First);
            var refused = await Assert.ThrowsAsync<DfuException>(() => room.ConnectAsync(room.Second));
            Assert.Equal(DfuError.ConnectTimeout, refused.Error);
            await using var link = await room.ConnectAsync(room.First);
            await link.SecureAsync(default);
        },
        new() { GivesIdentityKey = true });

    [Fact]
    public void B6_the_bond_is_kept_over_resets_in_the_bootloader_and_erased_when_it_starts_the_application() => Run(async room =>
    {
        await room.EnterAsync(room.First);
        room.Device.PowerCycle(holdsBootloader: true);
        await room.WaitFor(() => room.Device.Mode == DeviceMode.Bootloader);
        await using (var link = await room.ConnectAsync(room.First)) await link.SecureAsync(default);
        room.Device.FireInactivity();
        await room.WaitFor(() => room.Device.InApplication);

        // Entered without the application, it has nobody to answer, resets, and is in the application again.
        room.Device.PowerCycle(holdsBootloader: true);
        await room.WaitFor(() => room.Device.InApplication);
        Assert.Equal(DeviceMode.Application, room.Device.Mode);
    });

    [Fact]
    public void B7_the_application_bonds_with_a_second_adapter_and_not_again_with_one_that_lost_its_bond() => Run(async room =>
    {
        await using (var first = await room.ConnectAsync(room.First)) await first.SecureAsync(default);
        await using (var second = await room.ConnectAsync(room.Second)) await second.SecureAsync(default);
        room.FirstSource.ForgetBonds();
        await using var again = await room.ConnectAsync(room.First);
        Assert.Equal(DfuError.PairingRefused, (await Assert.ThrowsAsync<DfuException>(() => again.SecureAsync(default))).Error);
        Assert.Equal(0x05, await StatusAsync(() => again.SubscribeAsync(DfuCharacteristic.ButtonlessBonded, default)));
    });

    [Fact]
    public void Both_sides_keep_their_bonds_over_a_restart_of_the_simulator()
    {
        Run(room => room.EnterAsync(room.First));
        Run(async room =>
        {
            await room.WaitFor(() => room.Device.Mode == DeviceMode.Bootloader);
            await using (var other = await room.ConnectAsync(room.Second)) await Assert.ThrowsAsync<DfuException>(() => other.SecureAsync(default));
            await using var link = await room.ConnectAsync(room.First);
            await link.SecureAsync(default);
        });
    }

    [Fact]
    public void A_device_without_bonds_does_not_pair() => TestHost.Run(async host =>
    {
        await host.ConnectAsync();
        Assert.Equal(DfuError.PairingRefused, (await Assert.ThrowsAsync<DfuException>(() => host.Link.SecureAsync(default))).Error);
    });

    private void Run(Func<Room, Task> body, AdapterModel? model = null)
    {
        var state = new StateDirectory(_path);
        using var host = new TestHost(air => state.Add(air, TestHost.Options() with { Bonded = true, StartsInApplication = true }));
        host.Time.Run(async () =>
        {
            var sources = new[] { "first", "second" }.Select(id => host.Air.CreateAdapter(id, model ?? new())).ToArray();
            await body(new Room(host, sources[0], await sources[0].OpenAsync(default), await sources[1].OpenAsync(default)));
        });
        state.Save(host.Air);
    }

    private static async Task<byte> StatusAsync(Func<Task> call) => (await Assert.ThrowsAsync<DfuException>(call)).AttStatus;

    /// <summary>A device that bonds, in its application, and two radios.</summary>
    private sealed record Room(TestHost Host, SimulatedAdapterSource FirstSource, IAdapter First, IAdapter Second)
    {
        public VirtualDevice Device => Host.Device;

        public Task WaitFor(Func<bool> condition) => Host.WaitFor(condition);

        public async Task<IDfuLink> ConnectAsync(IAdapter radio)
        {
            await WaitFor(() => Device.Advertises is not null);
            return await radio.ConnectAsync(Device.Advertises!.Value.Address, AddressType.Random, Asked, default);
        }

        public static async Task<string> AskAsync(IDfuLink link, params byte[] request)
        {
            await link.WriteAsync(link.Characteristics.First(static c => c != DfuCharacteristic.Packet), request, default);
            return Convert.ToHexStringLower((await link.Notifications.ReadAsync()).Value.Span);
        }

        public async Task EnterAsync(IAdapter radio)
        {
            await using (var link = await ConnectAsync(radio))
            {
                await link.SecureAsync(default);
                await link.SubscribeAsync(DfuCharacteristic.ButtonlessBonded, default);
                Assert.Equal("200101", await AskAsync(link, 1));
                await link.Closed;
            }

            await WaitFor(() => Device.Mode == DeviceMode.Bootloader);
        }
    }
}
