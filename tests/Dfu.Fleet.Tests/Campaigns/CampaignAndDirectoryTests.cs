using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Directory;
using Dfu.Fleet.Tests.Turns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Tests.Campaigns;

/// <summary>What a directory believes of campaigns whose orders time out, whose storage refuses, or whose answers come late.</summary>
public sealed class CampaignAndDirectoryTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private readonly VirtualTime _time = new();
    private readonly CampaignWorld _world;

    public CampaignAndDirectoryTests() => _world = new(_time);

    [Fact]
    public void A_late_word_that_it_is_over_ends_no_campaign_that_goes_on() => _time.Run(async () =>
    {
        var directory = await DirectoryAsync();
        var id = (await directory.StartAsync(Order())).Campaign;
        var late = _world.Of(id).IsOver = new();
        var finished = directory.FinishedAsync(id, [], told: true);
        await Task.Delay(Long, _time);
        Assert.Equal(id, (await directory.StartAsync(Order())).Campaign);

        _world.Of(id).IsOver = null;
        late.SetResult(true);
        await finished;
        Assert.False(Assert.Single(_world.Stored.Campaigns).Finished);
    });

    [Fact]
    public void A_campaign_that_was_begun_anew_before_its_order_was_carried_out_never_begins() => _time.Run(async () =>
    {
        var directory = await DirectoryAsync();
        var storage = _world.LabelsWait = new();
        var order = directory.StartAsync(Order());
        await Task.Delay(Long, _time);
        var first = _world.Ids.Single();
        _world.Of(first).TimesOut.SetException(new TimeoutException("no answer"));
        await Assert.ThrowsAsync<TimeoutException>(() => order);

        _world.LabelsWait = null;
        var second = (await directory.StartAsync(Order(restart: true))).Campaign;
        await Task.Delay(Long, _time);
        storage.SetResult();
        await Task.Delay(Long, _time);
        Assert.Equal([second], _world.Joined.Distinct());
    });

    [Fact]
    public void An_order_that_never_reached_its_campaign_blocks_no_other() => _time.Run(async () =>
    {
        var directory = await DirectoryAsync();
        _world.CarriesNothing = true;
        await Assert.ThrowsAsync<TimeoutException>(() => directory.StartAsync(Order()));
        _world.CarriesNothing = false;
        await Task.Delay(Long, _time);
        Assert.Equal(DfuError.None, (await directory.StartAsync(Order(package: 'b'))).Refusal);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_whose_storage_refuses_that_it_goes_on_is_over_and_blocks_no_other(bool byControl) => _time.Run(async () =>
    {
        var directory = await DirectoryAsync();
        var id = (await directory.StartAsync(Order())).Campaign;
        await _world.Campaign(id).DeviceEndedAsync(DeviceState.New(Device(1), [40_960], _time.GetUtcNow()) with
        {
            Phase = DevicePhase.Done, Attempt = 1, Outcome = DeviceOutcome.Failed, Error = DfuError.LinkLost, EndedAt = _time.GetUtcNow(),
        });
        await Task.Delay(Long, _time);
        Assert.True(Assert.Single(_world.Stored.Campaigns).Finished);

        _world.Of(id).State.Full = true;
        Func<Task> goOn = byControl ? () => _world.Of(id).Activation.ControlAsync(new(CampaignControlKind.Retry, "x")) : () => directory.StartAsync(Order());
        await Assert.ThrowsAnyAsync<Exception>(goOn);
        _world.Of(id).State.Full = false;
        await _world.LeaveAsync(id);
        await Task.Delay(Long, _time);
        Assert.True(Assert.Single(_world.Stored.Campaigns).Finished);
        Assert.Equal(DfuError.None, (await directory.StartAsync(Order(package: 'b'))).Refusal);
    });

    [Fact]
    public void An_activation_that_is_over_calls_no_more_devices() => _time.Run(async () =>
    {
        var directory = await DirectoryAsync();
        _world.JoinTakes = TimeSpan.FromSeconds(0.5);
        var id = (await directory.StartAsync(Order(devices: 500))).Campaign;
        await _world.Of(id).Activation.LeaveAsync();
        var called = _world.Joined.Count;
        await Task.Delay(Long, _time);
        Assert.Equal(called, _world.Joined.Count);
    });

    private static BluetoothAddress Device(int n) => new(0xC0_00_00_00_00_00ul + ((ulong)n * 16));

    private static CampaignOrder Order(bool restart = false, char package = 'a', int devices = 1) => new()
    {
        PackageId = new(package, 64),
        ImageSizes = [40_960],
        HwVersion = 52,
        Restart = restart,
        Targets = new() { Addresses = [.. Enumerable.Range(1, devices).Select(Device)], Labels = [new(Device(1)) { Label = "x" }] },
    };

    private async Task<DirectoryActivation> DirectoryAsync()
    {
        var activation = new BareActivation(_time, _world);
        var directory = new DirectoryActivation(activation, _world.DirectoryState);
        activation.Turn = directory.TakeTurnAsync;
        _world.Directory = directory;
        await directory.BeginAsync();
        return directory;
    }
}
