using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;

namespace Dfu.Adapters.Simulated.Tests;

public sealed class AdapterTests
{
    private static void Run(
        Func<TestHost, IAdapter, SimulatedAdapterSource, Task> body, AdapterModel? model = null, VirtualDeviceOptions? options = null) => TestHost.Run(
        async host =>
        {
            var source = host.Air.CreateAdapter("under test", model ?? new AdapterModel());
            await body(host, await source.OpenAsync(default), source);
        },
        options);

    private static async Task<DfuError> ErrorOf(Task task) => (await Assert.ThrowsAsync<DfuException>(() => task)).Error;

    private static Task<IDfuLink> Connect(TestHost host, IAdapter adapter, double timeout = 20) =>
        adapter.ConnectAsync(host.Device.BootloaderAddress, AddressType.Random, new LinkOptions { ConnectTimeout = TimeSpan.FromSeconds(timeout) }, default);

    [Fact]
    public void A_device_is_heard_several_times_a_second_with_its_name_and_varying_strength() => Run(async (host, adapter, _) =>
    {
        var heard = new List<Advertisement>();
        await foreach (var advertisement in adapter.ScanAsync(default))
        {
            heard.Add(advertisement);
            if (heard.Count == 12) break;
        }

        Assert.Equal(3000, host.Milliseconds);
        Assert.All(heard, a => Assert.Equal((host.Device.BootloaderAddress, "DfuTarg", true, true), (a.Address, a.Name, a.DfuService, a.Connectable)));
        Assert.True(heard.Select(a => a.Rssi).Distinct().Count() > 1);
        Assert.All(heard, a => Assert.InRange(a.Rssi, -69, -51));
    });

    [Fact]
    public void A_bystander_is_heard_as_what_it_is_and_cannot_be_connected_to() => Run(async (host, adapter, _) =>
    {
        var address = BluetoothAddress.Parse("C0:00:00:00:00:01");
        var sent = new Advertisement(address, AddressType.Random, -60, "Zephyr", DfuService: false, Connectable: true);
        host.Air.AddBystander(sent with { Others = OtherServices.Smp });
        await foreach (var heard in adapter.ScanAsync(default))
        {
            if (heard.Address != address) continue;
            Assert.Equal(("Zephyr", false, OtherServices.Smp), (heard.Name, heard.DfuService, heard.Others));
            Assert.InRange(heard.Rssi, -69, -51);
            break;
        }

        Assert.Equal(DfuError.ConnectTimeout, await ErrorOf(adapter.ConnectAsync(address, AddressType.Random, new LinkOptions(), default)));
    });

    [Fact]
    public void An_application_advertises_more_than_its_dfu_service_and_a_bootloader_does_not() => Run(
        async (host, adapter, _) =>
        {
            var others = new List<(string, OtherServices)>();
            await foreach (var heard in adapter.ScanAsync(default))
            {
                others.Add((heard.Name, heard.Others));
                if (others.Count == 1) host.Device.EnterBootloader();
                if (others.Count == 2) break;
            }

            Assert.Equal([("App", OtherServices.Uart), ("DfuTarg", OtherServices.None)], others);
        },
        options: TestHost.Options() with { StartsInApplication = true });

    [Fact]
    public void A_connected_device_does_not_advertise() => Run(async (host, adapter, _) =>
    {
        await using var link = await Connect(host, adapter);
        using var cancellation = new CancellationTokenSource(TimeSpan.FromSeconds(5), host.Time);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in adapter.ScanAsync(cancellation.Token)) Assert.Fail("it was heard");
        });
    });

    [Fact]
    public void Connecting_takes_its_time_and_times_out_when_nobody_is_there() => Run(async (host, adapter, _) =>
    {
        var link = await Connect(host, adapter);
        Assert.Equal(150, host.Milliseconds);
        Assert.Equal(DfuError.ConnectTimeout, await ErrorOf(Connect(host, adapter, 3)));
        Assert.Equal(3150, host.Milliseconds);
        await link.DisposeAsync();
        await (await Connect(host, adapter)).DisposeAsync();
    });

    [Fact]
    public void Nobody_answers_to_a_random_address_called_public() => Run(async (host, adapter, _) =>
    {
        var asked = adapter.ConnectAsync(
            host.Device.BootloaderAddress, AddressType.Public, new LinkOptions { ConnectTimeout = TimeSpan.FromSeconds(3) }, default);
        Assert.Equal(DfuError.ConnectTimeout, await ErrorOf(asked));
        await (await Connect(host, adapter)).DisposeAsync();
    });

    [Fact]
    public void A_connect_waits_for_a_device_that_begins_to_advertise() => Run(async (host, adapter, _) =>
    {
        host.Device.PowerCycle();
        await using var link = await Connect(host, adapter);
        Assert.Equal(250, host.Milliseconds);
    });

    [Fact]
    public void One_connect_at_a_time_and_so_many_links() => Run(
        async (host, adapter, _) =>
        {
            var other = host.Air.Add(TestHost.Options() with { ApplicationAddress = new BluetoothAddress(0x10) });
            var first = Connect(host, adapter);
            Assert.Equal(DfuError.ConnectFailed, await ErrorOf(Connect(host, adapter)));
            await using var link = await first;
            Assert.Equal(DfuError.AdapterFull, await ErrorOf(adapter.ConnectAsync(other.BootloaderAddress, AddressType.Random, new LinkOptions(), default)));
        },
        new AdapterModel { MaxLinks = 1 });

    [Fact]
    public void A_cancelled_connect_leaves_the_adapter_free() => Run(async (host, adapter, _) =>
    {
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(100), host.Time);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            adapter.ConnectAsync(host.Device.BootloaderAddress, AddressType.Random, new LinkOptions(), cancellation.Token));
        await using var link = await Connect(host, adapter);
    });

    [Fact]
    public void Connects_fail_as_often_as_the_model_says() => Run(
        async (host, adapter, _) => Assert.Equal(DfuError.ConnectFailed, await ErrorOf(Connect(host, adapter))),
        new AdapterModel { ConnectFailureRate = 1 });

    [Fact]
    public void A_dead_adapter_loses_its_links_and_comes_back_when_revived() => Run(async (host, adapter, source) =>
    {
        var link = await Connect(host, adapter);
        source.Kill("gone");
        Assert.Equal("gone", await adapter.Lost);
        Assert.Equal(LinkClosure.SupervisionTimeout, (await link.Closed).Reason);
        Assert.Null(host.Device.Advertises);
        Assert.Equal(DfuError.AdapterLost, await ErrorOf(Connect(host, adapter)));
        Assert.Equal(DfuError.AdapterNotFound, await ErrorOf(source.OpenAsync(default)));
        Assert.False(await source.RecoverAsync(RecoveryStep.UsbReset, default));
        source.Revive();
        await using var again = await source.OpenAsync(default);
        await using var anew = await Connect(host, again);
        Assert.InRange(host.Milliseconds, 4000, 4500);
    });

    [Fact]
    public void A_hung_adapter_is_cured_by_its_step_of_the_ladder() => Run(async (_, adapter, source) =>
    {
        source.Kill("hung", curedBy: RecoveryStep.PowerCycle);
        Assert.False(await source.RecoverAsync(RecoveryStep.Reopen, default));
        Assert.True(await source.RecoverAsync(RecoveryStep.PowerCycle, default));
        await using var again = await source.OpenAsync(default);
        Assert.NotSame(adapter, again);
    });

    [Fact]
    public void A_broken_adapter_opens_and_connects_to_nobody_until_its_step_of_the_ladder() => Run(async (host, adapter, source) =>
    {
        source.Break(AdapterFault.FailsConnects, curedBy: RecoveryStep.UsbReset);
        Assert.Equal(DfuError.ConnectFailed, await ErrorOf(Connect(host, adapter)));
        Assert.True(await source.RecoverAsync(RecoveryStep.PowerCycle, default));
        Assert.Equal(DfuError.ConnectFailed, await ErrorOf(Connect(host, adapter)));
        Assert.True(await source.RecoverAsync(RecoveryStep.UsbReset, default));
        await using var link = await Connect(host, adapter);
    });

    [Fact]
    public void A_deaf_adapter_scans_and_hears_nothing_until_it_is_revived() => Run(async (host, adapter, source) =>
    {
        source.Break(AdapterFault.HearsNothing);
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(5), host.Time);
        var heard = new List<double>();
        var scan = Listen();
        await Task.Delay(TimeSpan.FromSeconds(3), host.Time, CancellationToken.None);
        Assert.Empty(heard);
        source.Revive();
        await scan;
        Assert.InRange(heard.Count, 6, 9);

        async Task Listen()
        {
            try
            {
                await foreach (var _ in adapter.ScanAsync(late.Token)) heard.Add(host.Milliseconds);
            }
            catch (OperationCanceledException)
            {
                // The test has listened for long enough.
            }
        }
    });

    [Fact]
    public void A_scan_ends_when_the_adapter_dies() => Run(async (host, adapter, source) =>
    {
        var heard = 0;
        var error = await ErrorOf(ScanAsync());
        Assert.Equal((DfuError.AdapterLost, 1), (error, heard));

        async Task ScanAsync()
        {
            await foreach (var _ in adapter.ScanAsync(default))
            {
                heard++;
                source.Kill();
            }
        }
    });

    [Fact]
    public void An_open_adapter_cannot_be_opened_again_until_it_is_closed() => Run(async (host, adapter, source) =>
    {
        var link = await Connect(host, adapter);
        Assert.Equal(DfuError.AdapterInUse, await ErrorOf(source.OpenAsync(default)));
        await adapter.DisposeAsync();
        Assert.Equal(LinkClosure.LocalHost, (await link.Closed).Reason);
        await using var again = await source.OpenAsync(default);
    });

    [Fact]
    public void Any_adapter_goes_on_with_what_another_began() => Run(async (host, adapter, _) =>
    {
        host.Image = TestData.Image("app9k");
        await host.ConnectAsync();
        await host.InitAsync();
        await host.Wait(300);
        await host.Link.DisposeAsync();
        await using var link = await Connect(host, adapter);
        await link.SubscribeAsync(DfuCharacteristic.ControlPoint, default);
        await link.WriteAsync(DfuCharacteristic.ControlPoint, new byte[] { OpCode.Select, 1 }, default);
        var answer = await link.Notifications.ReadAsync();
        Assert.Equal(host.Image.Init.Length, BitConverter.ToInt32(answer.Value.Span[7..]));
    });
}
