using Dfu.Adapters.Simulated;
using Dfu.BlueZ.Rig.VirtualControllers;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Adapters.BlueZ.Tests.VirtualControllers;

public sealed class TransferTests
{
    private static readonly DfuImage Image = Application(13_000);

    [Theory]
    [InlineData(247, 8)]
    [InlineData(247, 1)]
    [InlineData(185, 8)]
    [InlineData(23, 8)]
    public void A_whole_image_goes_through_host_controller_and_air(int mtu, int buffers) => Bench.Run(
        async bench =>
        {
            var (controller, host, _) = await bench.PlugInAsync(buffers: buffers);
            var link = await AttLink.OpenAsync(host, bench.Devices[0].BootloaderAddress);
            Assert.Equal(((mtu - 3) & ~3) + 3, link.Mtu);
            Assert.Equal(TransferEnd.Accepted, await TransferAsync(bench, link));
            Assert.Equal(0x13, (await link.Closed).Reason);
            await ActivatedAsync(bench);
            Assert.Equal((0, 0), (controller.PacketsWithoutBuffer, controller.BuffersInUse));
            Assert.InRange(controller.MostBuffersInUse, 1, buffers);
        },
        link: LinkModel.Perfect with { Mtu = mtu });

    [Fact]
    public void An_old_bootloader_with_the_smallest_MTU_takes_its_image_too() => Bench.Run(
        async bench =>
        {
            var (_, host, _) = await bench.PlugInAsync();
            var link = await AttLink.OpenAsync(host, bench.Devices[0].BootloaderAddress);
            Assert.Equal(23, link.Mtu);
            Assert.Equal(TransferEnd.Accepted, await TransferAsync(bench, link));
            await ActivatedAsync(bench);
        },
        options: plain => plain with { Profile = BootloaderProfile.Sdk12 });

    [Fact]
    public void Links_at_once_share_the_buffers_and_all_of_them_arrive() => Bench.Run(
        async bench =>
        {
            var (controller, host, _) = await bench.PlugInAsync(buffers: 4);
            var links = new List<AttLink>();
            foreach (var device in bench.Devices) links.Add(await AttLink.OpenAsync(host, device.BootloaderAddress));
            var ends = await Task.WhenAll(links.Select(link => TransferAsync(bench, link)));
            Assert.All(ends, end => Assert.Equal(TransferEnd.Accepted, end));
            foreach (var link in links) await link.Closed;
            await ActivatedAsync(bench);
            Assert.Equal((0, 4, 0), (controller.PacketsWithoutBuffer, controller.MostBuffersInUse, controller.BuffersInUse));
        },
        devices: 3);

    [Fact]
    public void A_drop_in_the_middle_gives_the_buffers_back_and_the_next_link_finishes() => Bench.Run(
        async bench =>
        {
            var (controller, host, _) = await bench.PlugInAsync();
            var first = await AttLink.OpenAsync(host, bench.Devices[0].BootloaderAddress);
            var lost = await Assert.ThrowsAsync<DfuException>(() => TransferAsync(bench, first));
            Assert.True(lost.Error is DfuError.LinkLost or DfuError.RequestTimeout or DfuError.DataPathStuck, lost.Message);
            Assert.Equal(HciStatus.SupervisionTimeout, (await first.Closed).Reason);
            Assert.Equal(0, controller.BuffersInUse);
            var second = await AttLink.OpenAsync(host, bench.Devices[0].BootloaderAddress);
            Assert.Equal(TransferEnd.Accepted, await TransferAsync(bench, second));
            await second.Closed;
            await ActivatedAsync(bench);
            Assert.Equal(1, bench.Devices[0].Counters.Drops);
        },
        link: LinkModel.Perfect with { DropAfterBytes = 6_000 });

    [Fact]
    public void A_host_that_does_not_count_buffers_is_caught() => Bench.Run(async bench =>
    {
        var (controller, host, _) = await bench.PlugInAsync(buffers: 2);
        var connection = await host.ConnectAsync(bench.Devices[0].BootloaderAddress);
        var packet = (await connection.DiscoverAsync())["8EC90002"];
        await connection.ExchangeMtuAsync();
        host.Careless = true;
        for (var i = 0; i < 20; i++) await connection.SendAsync([0x52, .. packet.ValueHandle, .. new byte[20]]);
        await bench.Wait(500);
        Assert.InRange(controller.PacketsWithoutBuffer, 1, 18);
        Assert.Equal(2, controller.MostBuffersInUse);
        Assert.Equal(20 * (20 - controller.PacketsWithoutBuffer), bench.Devices[0].Counters.PacketBytes);
    });

    private static Task<TransferEnd> TransferAsync(Bench bench, AttLink link) =>
        ImageTransfer.RunAsync(link, Image, new TransferHint(), new Silent(), new TransferOptions(), bench.Time, CancellationToken.None);

    private static async Task ActivatedAsync(Bench bench)
    {
        await bench.Wait(5_000);
        Assert.All(bench.Devices, device => Assert.Equal(Image.Firmware.ToArray(), device.ActivatedImage?.ToArray()));
    }

    private static DfuImage Application(int bytes)
    {
        var firmware = new byte[bytes];
        new Random(5).NextBytes(firmware);
        var contents = new PackageContents { Application = new FirmwareFile("app", firmware), ApplicationVersion = 2, HwVersion = 52, SdReq = [0xFFFE] };
        return PackageReader.Read(PackageWriter.Create(contents, null), null).Images[0];
    }

    private sealed class Silent : ITransferObserver
    {
        public void PhaseChanged(TransferPhase phase)
        {
        }

        public void Resumed(ResumeRecord record)
        {
        }

        public void Sent(long offset, int count)
        {
        }

        public void Confirmed(long offset, uint crc)
        {
        }

        public void Saved(long offset)
        {
        }

        public void TraitsLearned(BootloaderTraits traits)
        {
        }

        public Task LastExecuteAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
