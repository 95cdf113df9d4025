using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using static Dfu.Cluster.Tests.Devices.Given;

namespace Dfu.Cluster.Tests.Devices;

public sealed class DeviceStorageTests(DeviceCluster cluster) : DeviceGrainBench(cluster)
{
    [Fact]
    public async Task What_could_not_be_saved_has_no_effect_and_the_next_activation_knows_nothing_of_it()
    {
        Assert.True(await Device.JoinAsync(Place()));
        await Steps.SeenAsync(Id, "changed Queued");
        Cluster.Storage.Fail(Id.ToString());
        var over = Cluster.Cluster.WaitForDeactivationAsync(Device);
        await Assert.ThrowsAnyAsync<Exception>(() => Device.GrantAsync(Grant(Id)));
        await over;
        var state = (await Device.GetAsync())!;
        Assert.Equal((DevicePhase.Queued, 0), (state.Phase, state.Attempt));
        await SettleAsync();
        Assert.Equal((1, 0, 0), (Steps.Count(Id, "failed"), Steps.Count(Id, "begin"), Steps.Count(Id, "changed Connecting")));
        Assert.False(await Device.TakesAsync(Report(1)));
        Assert.True(await Device.GrantAsync(Grant(Id)));
        await Steps.SeenAsync(Id, "begin 1");
    }

    [Fact]
    public async Task The_last_EXECUTE_is_durable_with_all_progress_before_it_when_its_report_returns()
    {
        await RunAsync();
        Assert.True(await Device.TakesAsync(Report(1, Confirmed(1, 96_000))));
        Assert.True(await Device.TakesAsync(Report(1, Confirmed(1, 99_000), LastExecute(1))));
        Assert.Equal((99_000, true), (Stored.Images[0].Confirmed, Stored.Images[0].LastExecuteSent));
    }

    [Fact]
    public async Task A_last_EXECUTE_that_could_not_be_saved_is_not_confirmed()
    {
        await RunAsync();
        Cluster.Storage.Fail(Id.ToString());
        var over = Cluster.Cluster.WaitForDeactivationAsync(Device);
        await Assert.ThrowsAnyAsync<Exception>(() => Device.ReportAsync(Report(1, LastExecute(1)).From(1)));
        await over;
        Assert.False((await Device.GetAsync())!.Images[0].LastExecuteSent);
        Assert.True(await Device.TakesAsync(Report(1, LastExecute(1))));
        Assert.True(Stored.Images[0].LastExecuteSent);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Storage_that_is_away_is_waited_for_while_the_attempt_goes_on(bool written)
    {
        await RunAsync();
        Cluster.Storage.Leave(Id.ToString(), 3, written);
        var report = Report(1, LastExecute(1)).From(1);
        var waiting = Device.ReportAsync(report);
        await Steps.SeenAsync(Id, "away");
        await SettleAsync();
        Assert.False(waiting.IsCompleted);
        Cluster.Time.Advance(1);
        var receipt = await waiting;
        Assert.Equal((true, false, 1, 0), (receipt.Renews, receipt.Over, receipt.Taken, receipt.Saved));
        for (var times = 2; times <= (written ? 1 : 3); times++)
        {
            var asking = Device.ReportAsync(report);
            await SettleAsync();
            Cluster.Time.Advance(2);
            Assert.True((await asking).Renews);
            await Steps.SeenAsync(Id, "away", times);
        }

        await SettleAsync();
        Cluster.Time.Advance(2);
        while ((receipt = await Device.ReportAsync(report)).Saved == 0)
        {
        }

        Assert.True(receipt.Renews);
        Assert.True(Stored.Images[0].LastExecuteSent);
        Assert.Equal(1, Steps.Count(Id, "begin"));
    }

    [Fact]
    public async Task Checkpoints_cost_one_write_a_second_and_the_last_is_written_without_a_further_report()
    {
        await RunAsync();
        var before = Saves;
        for (var n = 1; n <= 50; n++)
        {
            Cluster.Time.Advance(0.1);
            Assert.True(await Device.TakesAsync(Report(1, Confirmed(1, n * 1000))));
        }

        Assert.InRange(Saves - before, 4, 5);
        Assert.True(await Device.TakesAsync(Report(1, Confirmed(1, 77_000))));
        before = Saves;
        Cluster.Time.Advance(1);
        await Steps.SeenAsync(Id, "save", before + 1);
        Assert.Equal(77_000, Stored.Images[0].Confirmed);
    }

    [Fact]
    public async Task What_is_not_written_yet_is_when_the_grain_goes()
    {
        await RunAsync();
        Assert.True(await Device.TakesAsync(Report(1, Confirmed(1, 4096))));
        Assert.Equal(0, Stored.Images[0].Confirmed);
        await ReactivateAsync();
        Assert.Equal(4096, Stored.Images[0].Confirmed);
    }

    [Fact]
    public async Task An_activation_that_another_has_replaced_confirms_no_report_any_more()
    {
        await RunAsync();
        var elsewhere = Record with { Device = Stored with { Attempt = 2 } };
        Cluster.Storage.Overwrite("device", Id.ToString(), FleetJson.Write(elsewhere));
        var over = Cluster.Cluster.WaitForDeactivationAsync(Device);
        Cluster.Time.Advance(1);
        Assert.True((await Device.ReportAsync(Report(1, Confirmed(1, 4096)).From(1))).Renews); // nobody else gives the attempt up yet
        await over;
        Assert.True((await Device.ReportAsync(Report(1))).Over);
        while (!(await Device.ReportAsync(Report(2))).Renews)
        {
        }
    }

    [Fact]
    public async Task A_record_of_a_newer_program_is_left_alone()
    {
        var json = FleetJson.Write(new DeviceRecord { Campaign = "c1", PackageId = "p1", Device = DeviceState.New(Id, [100_000], Elsewhere),
            Version = DeviceRecord.CurrentVersion + 1 });
        Cluster.Storage.Overwrite("device", Id.ToString(), json);
        await Assert.ThrowsAnyAsync<Exception>(() => Device.JoinAsync(Place()));
        Assert.Equal(json, Cluster.Storage.Payload("device", Id.ToString()));
    }

    [Theory]
    [InlineData(DevicePassport.WornSettings, false)]
    [InlineData(DevicePassport.WornSettings + 1, true)]
    public async Task Of_a_device_that_is_forgotten_only_the_passport_stays_and_only_where_it_is_worn(int settings, bool stays)
    {
        await RunAsync();
        Assert.True(await Device.TakesAsync(
            Report(1, Confirmed(1, 50_000) with { Cost = new(new(), new(0, settings, 0)) }, Ended(1, DfuError.SignatureRefused))));
        Assert.Equal(settings, (await Device.PassportAsync())!.Wear.Settings);
        await Device.ForgetAsync("c1");
        Assert.Null(Cluster.Storage.Payload("device", Id.ToString()));
        Assert.Null(await Device.GetAsync());
        Assert.Empty(await Device.HistoryAsync());
        Assert.Equal(stays ? settings : null, (int?)(await Device.PassportAsync())?.Wear.Settings);
        Assert.True(await Device.JoinAsync(Place("c2")));
        Assert.Equal(stays ? settings : 0, (await Device.GetAsync())!.EarlierWear.Settings);
    }
}
