using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Grains;
using Dfu.Protocol.Links;
using static Dfu.Cluster.Tests.Devices.Given;

namespace Dfu.Cluster.Tests.Devices;

public sealed class DeviceStorageTests : IClassFixture<DeviceCluster>
{
    private readonly DeviceCluster _cluster;
    private readonly BluetoothAddress _id;
    private readonly IDeviceGrain _device;

    public DeviceStorageTests(DeviceCluster cluster)
    {
        _cluster = cluster;
        _id = cluster.NewDevice();
        _device = cluster.Device(_id);
    }

    private Steps Steps => _cluster.Steps;

    private DeviceState Stored => Record.Device;

    private DeviceRecord Record => FleetJson.Read<DeviceRecord>((string)_cluster.Storage.Payload("device", _id.ToString())!);

    private string[] Seen => [.. Steps.Of(_id)];

    private int Saves => Steps.Count(_id, "save");

    private async Task RunAsync()
    {
        Assert.True(await _device.JoinAsync(Place()));
        Assert.True(await _device.GrantAsync(Grant(_id)));
        await Steps.SeenAsync(_id, "begin 1");
        await Steps.SeenAsync(_id, "changed Connecting");
    }

    /// <summary>What a turn has sent has arrived when this returns.</summary>
    private async Task SettleAsync()
    {
        for (var round = 0; round < 3; round++)
        {
            await _device.GetAsync();
            await _cluster.Grains.GetGrain<IAdapterGrain>(Adapter).GetAsync();
            await _cluster.Grains.GetGrain<ICampaignGrain>("c1").WakeAsync();
            await _cluster.Grains.GetGrain<ISchedulerGrain>(0).LiveAsync("c1", signals: false);
        }
    }

    private async Task ReactivateAsync() => await _cluster.Cluster.DeactivateAsync(_device);

    [Fact]
    public async Task What_could_not_be_saved_has_no_effect_and_the_next_activation_knows_nothing_of_it()
    {
        Assert.True(await _device.JoinAsync(Place()));
        await Steps.SeenAsync(_id, "changed Queued");
        _cluster.Storage.Fail(_id.ToString());
        var over = _cluster.Cluster.WaitForDeactivationAsync(_device);
        await Assert.ThrowsAnyAsync<Exception>(() => _device.GrantAsync(Grant(_id)));
        await over;
        var state = (await _device.GetAsync())!;
        Assert.Equal((DevicePhase.Queued, 0), (state.Phase, state.Attempt));
        await SettleAsync();
        Assert.Equal((1, 0, 0), (Steps.Count(_id, "failed"), Steps.Count(_id, "begin"), Steps.Count(_id, "changed Connecting")));
        Assert.False(await _device.TakesAsync(Report(1)));
        Assert.True(await _device.GrantAsync(Grant(_id)));
        await Steps.SeenAsync(_id, "begin 1");
    }

    [Fact]
    public async Task The_last_EXECUTE_is_durable_with_all_progress_before_it_when_its_report_returns()
    {
        await RunAsync();
        Assert.True(await _device.TakesAsync(Report(1, Confirmed(1, 96_000))));
        Assert.True(await _device.TakesAsync(Report(1, Confirmed(1, 99_000), LastExecute(1))));
        Assert.Equal((99_000, true), (Stored.Images[0].Confirmed, Stored.Images[0].LastExecuteSent));
    }

    [Fact]
    public async Task A_last_EXECUTE_that_could_not_be_saved_is_not_confirmed()
    {
        await RunAsync();
        _cluster.Storage.Fail(_id.ToString());
        var over = _cluster.Cluster.WaitForDeactivationAsync(_device);
        await Assert.ThrowsAnyAsync<Exception>(() => _device.ReportAsync(Report(1, LastExecute(1)).From(1)));
        await over;
        Assert.False((await _device.GetAsync())!.Images[0].LastExecuteSent);
        Assert.True(await _device.TakesAsync(Report(1, LastExecute(1))));
        Assert.True(Stored.Images[0].LastExecuteSent);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Storage_that_is_away_is_waited_for_while_the_attempt_goes_on(bool written)
    {
        await RunAsync();
        _cluster.Storage.Leave(_id.ToString(), 3, written);
        var report = Report(1, LastExecute(1)).From(1);
        var waiting = _device.ReportAsync(report);
        await Steps.SeenAsync(_id, "away");
        await SettleAsync();
        Assert.False(waiting.IsCompleted);
        _cluster.Time.Advance(1);
        var receipt = await waiting;
        Assert.Equal((true, false, 1, 0), (receipt.Renews, receipt.Over, receipt.Taken, receipt.Saved));
        for (var times = 2; times <= (written ? 1 : 3); times++)
        {
            var asking = _device.ReportAsync(report);
            await SettleAsync();
            _cluster.Time.Advance(2);
            Assert.True((await asking).Renews);
            await Steps.SeenAsync(_id, "away", times);
        }

        await SettleAsync();
        _cluster.Time.Advance(2);
        while ((receipt = await _device.ReportAsync(report)).Saved == 0)
        {
        }

        Assert.True(receipt.Renews);
        Assert.True(Stored.Images[0].LastExecuteSent);
        Assert.Equal(1, Steps.Count(_id, "begin"));
    }

    [Fact]
    public async Task Checkpoints_cost_one_write_a_second_and_the_last_is_written_without_a_further_report()
    {
        await RunAsync();
        var before = Saves;
        for (var n = 1; n <= 50; n++)
        {
            _cluster.Time.Advance(0.1);
            Assert.True(await _device.TakesAsync(Report(1, Confirmed(1, n * 1000))));
        }

        Assert.InRange(Saves - before, 4, 5);
        Assert.True(await _device.TakesAsync(Report(1, Confirmed(1, 77_000))));
        before = Saves;
        _cluster.Time.Advance(1);
        await Steps.SeenAsync(_id, "save", before + 1);
        Assert.Equal(77_000, Stored.Images[0].Confirmed);
    }

    [Fact]
    public async Task What_is_not_written_yet_is_when_the_grain_goes()
    {
        await RunAsync();
        Assert.True(await _device.TakesAsync(Report(1, Confirmed(1, 4096))));
        Assert.Equal(0, Stored.Images[0].Confirmed);
        await ReactivateAsync();
        Assert.Equal(4096, Stored.Images[0].Confirmed);
    }

    [Fact]
    public async Task An_activation_that_another_has_replaced_confirms_no_report_any_more()
    {
        await RunAsync();
        var elsewhere = Record with { Device = Stored with { Attempt = 2 } };
        _cluster.Storage.Overwrite("device", _id.ToString(), FleetJson.Write(elsewhere));
        var over = _cluster.Cluster.WaitForDeactivationAsync(_device);
        _cluster.Time.Advance(1);
        Assert.True((await _device.ReportAsync(Report(1, Confirmed(1, 4096)).From(1))).Renews); // nobody else gives the attempt up yet
        await over;
        Assert.True((await _device.ReportAsync(Report(1))).Over);
        while (!(await _device.ReportAsync(Report(2))).Renews)
        {
        }
    }

    [Fact]
    public async Task A_record_of_a_newer_program_is_left_alone()
    {
        var json = FleetJson.Write(new DeviceRecord { Campaign = "c1", PackageId = "p1", Device = DeviceState.New(_id, [100_000], Elsewhere),
            Version = DeviceRecord.CurrentVersion + 1 });
        _cluster.Storage.Overwrite("device", _id.ToString(), json);
        await Assert.ThrowsAnyAsync<Exception>(() => _device.JoinAsync(Place()));
        Assert.Equal(json, _cluster.Storage.Payload("device", _id.ToString()));
    }
}
