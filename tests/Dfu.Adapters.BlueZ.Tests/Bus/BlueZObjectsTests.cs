using System.Threading.Channels;
using Dfu.Adapters.BlueZ.Bus;
using Dfu.Adapters.BlueZ.Tests.StandIn;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;
using Microsoft.Win32.SafeHandles;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Tests.Bus;

public sealed class BlueZObjectsTests
{
    private const string Hci0 = "/org/bluez/hci0";
    private const string Dev = Hci0 + "/dev_C4_00_00_00_00_01";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [DbusFact]
    public async Task Objects_come_and_go_as_bluetoothd_tells()
    {
        await using var bus = await PrivateBus.StartAsync();
        var bluez = await TinyBlueZ.StartAsync(bus);
        await bluez.AddAsync(Hci0, BlueZObjects.Adapter, ("Address", "00:11:22:33:44:55"));
        using var objects = await OpenAsync(bus);
        var changes = Changes(objects, Hci0);

        Assert.Equal("00:11:22:33:44:55", objects.Find(Hci0)!.Get<string>(BlueZObjects.Adapter, "Address"));
        var device = await bluez.AddAsync(Dev, BlueZObjects.Device, ("RSSI", (short)-40));
        var added = await NextAsync(changes, c => c.Path == Dev);
        Assert.Null(added.Before);
        Assert.Equal(-40, objects.Below(Hci0).Single().Get<short>(BlueZObjects.Device, "RSSI"));

        bluez.Remove(device);
        Assert.Null((await NextAsync(changes, c => c.Path == Dev)).After);
        Assert.Null(objects.Find(Dev));
    }

    [DbusFact]
    public async Task What_changes_while_the_objects_are_being_read_is_not_missed()
    {
        await using var bus = await PrivateBus.StartAsync();
        var bluez = await TinyBlueZ.StartAsync(bus);
        var old = await bluez.AddAsync(Hci0 + "/dev_old", BlueZObjects.Device);
        bluez.BeforeAnswer = async () =>
        {
            bluez.Remove(old);
            await bluez.AddAsync(Dev, BlueZObjects.Device);
        };
        using var objects = await OpenAsync(bus);

        Assert.Equal(Dev, objects.Below("/org/bluez").Single().Path.ToString());
    }

    [DbusFact]
    public async Task A_followed_object_is_read_afresh_and_then_told_of_also_when_a_value_is_told_again()
    {
        await using var bus = await PrivateBus.StartAsync();
        var bluez = await TinyBlueZ.StartAsync(bus);
        var device = await bluez.AddAsync(Dev, BlueZObjects.Device, ("RSSI", (short)-40), ("Name", "a"));
        using var objects = await OpenAsync(bus);
        device.SetSilently("RSSI", (short)-50);
        var changes = Changes(objects, Dev);

        using var follower = await objects.FollowAsync(Dev, BlueZObjects.Device, default);
        Assert.Equal(-50, objects.Find(Dev)!.Get<short>(BlueZObjects.Device, "RSSI"));
        Assert.Equal(["RSSI"], (await NextAsync(changes, static _ => true)).Properties);
        device.Set("RSSI", (short)-50);
        Assert.Equal(["RSSI"], (await NextAsync(changes, static _ => true)).Properties);
        device.Invalidate("RSSI");
        var gone = await NextAsync(changes, static _ => true);
        Assert.Equal(["RSSI"], gone.Properties);
        Assert.False(gone.After!.Interfaces[BlueZObjects.Device].ContainsKey("RSSI"));
        Assert.Equal("a", gone.After.Get<string>(BlueZObjects.Device, "Name"));
    }

    [DbusFact]
    public async Task An_adapter_is_followed_without_being_asked_for()
    {
        await using var bus = await PrivateBus.StartAsync();
        var bluez = await TinyBlueZ.StartAsync(bus);
        using var objects = await OpenAsync(bus);
        var before = await bus.MatchRulesAsync();
        var changes = Changes(objects, "/org/bluez");
        var adapter = await bluez.AddAsync(Hci0, BlueZObjects.Adapter, ("Powered", true));
        await NextAsync(changes, c => c.Path == Hci0);
        await RulesAsync(bus, before + 1);

        // Whether it comes by signal or by the reading that follows is a matter of who was first.
        adapter.Set("Powered", false);
        Assert.False((await NextAsync(changes, c => c.Properties.Contains("Powered"))).After!.Get<bool>(BlueZObjects.Adapter, "Powered"));
    }

    [DbusFact]
    public async Task The_last_follower_takes_the_match_rule_along_and_six_hundred_followers_leave_none_behind()
    {
        await using var bus = await PrivateBus.StartAsync();
        var bluez = await TinyBlueZ.StartAsync(bus);
        var device = await bluez.AddAsync(Dev, BlueZObjects.Device, ("RSSI", (short)-40));
        using var objects = await OpenAsync(bus);
        var before = await bus.MatchRulesAsync();
        var changes = Changes(objects, Dev);

        // More than the 512 rules that the system bus grants a connection.
        for (var i = 0; i < 600; i++) (await objects.FollowAsync(Dev, BlueZObjects.Device, default)).Dispose();
        var first = await objects.FollowAsync(Dev, BlueZObjects.Device, default);
        var second = await objects.FollowAsync(Dev, BlueZObjects.Device, default);
        first.Dispose();
        first.Dispose();
        device.Set("RSSI", (short)-41);
        Assert.Equal(-41, (await NextAsync(changes, static _ => true)).After!.Get<short>(BlueZObjects.Device, "RSSI"));

        second.Dispose();
        await RulesAsync(bus, before);
        device.Set("RSSI", (short)-42);
        bluez.Remove(device);
        Assert.Null((await NextAsync(changes, static _ => true)).After); // and nothing of -42 before it
    }

    [DbusFact]
    public async Task Following_an_object_takes_one_match_rule_for_however_many_follow_it()
    {
        await using var bus = await PrivateBus.StartAsync();
        var bluez = await TinyBlueZ.StartAsync(bus);
        foreach (var path in new[] { Dev, Dev + "2" }) await bluez.AddAsync(path, BlueZObjects.Device, ("RSSI", (short)-40));
        using var objects = await OpenAsync(bus);
        var before = await bus.MatchRulesAsync();
        foreach (var path in new[] { Dev, Dev, Dev + "2" }) _ = await objects.FollowAsync(path, BlueZObjects.Device, default);
        Assert.Equal(before + 2, await bus.MatchRulesAsync());
    }

    [DbusFact]
    public async Task The_end_of_bluetoothd_and_its_restart_are_told_within_a_second()
    {
        await using var bus = await PrivateBus.StartAsync();
        var bluez = await TinyBlueZ.StartAsync(bus);
        using var objects = await OpenAsync(bus);
        bluez.Stop();
        Assert.Contains("bluetoothd", await objects.Ended.WithinAsync(TimeSpan.FromSeconds(1), TimeProvider.System, default), StringComparison.Ordinal);
    }

    [DbusFact]
    public async Task The_end_of_the_bus_is_told_within_a_second_and_ends_what_waits_for_it()
    {
        await using var bus = await PrivateBus.StartAsync();
        var bluez = await TinyBlueZ.StartAsync(bus);
        await bluez.AddAsync(Dev, BlueZObjects.Device);
        using var objects = await OpenAsync(bus);
        await bus.KillAsync();
        Assert.Contains("D-Bus", await objects.Ended.WithinAsync(TimeSpan.FromSeconds(1), TimeProvider.System, default), StringComparison.Ordinal);
        var e = await Record.ExceptionAsync(() => objects.FollowAsync(Dev, BlueZObjects.Device, default));
        Assert.True(e!.IsBusTrouble(), e.ToString());
    }

    [DbusFact]
    public async Task A_handler_that_fails_harms_nobody()
    {
        await using var bus = await PrivateBus.StartAsync();
        var bluez = await TinyBlueZ.StartAsync(bus);
        using var objects = await OpenAsync(bus);
        using var bad = objects.OnChange("/org/bluez", static _ => throw new InvalidOperationException("bad"));
        var changes = Changes(objects, "/org/bluez");
        await bluez.AddAsync(Dev, BlueZObjects.Device);
        await NextAsync(changes, c => c.Path == Dev);
        Assert.False(objects.Ended.IsCompleted);
    }

    [DbusFact]
    public async Task Without_bluetoothd_the_remedy_is_told()
    {
        await using var bus = await PrivateBus.StartAsync();
        var e = await Assert.ThrowsAsync<DfuException>(() => OpenAsync(bus));
        Assert.Equal(DfuError.AdapterNotFound, e.Error);
        Assert.Contains("systemctl start bluetooth", e.Message, StringComparison.Ordinal);
    }

    [DbusFact]
    public async Task Who_is_not_permitted_is_told_which_group_to_join()
    {
        await using var bus = await StandIn.PrivateBus.StartAsync("<deny send_destination=\"org.bluez\"/>");
        await using var bluez = await StandIn.BlueZStandIn.StartAsync(bus, TimeProvider.System);
        var e = await Assert.ThrowsAsync<DfuException>(() => BlueZObjects.OpenAsync(bus.Address, TimeProvider.System, default));
        Assert.Equal(
            (
                DfuError.AdapterNotFound,
                $"the bus does not let {Environment.UserName} talk to bluetoothd: 'sudo usermod -aG bluetooth {Environment.UserName}' and log in again"),
            (e.Error, e.Message));
    }

    [Theory]
    [InlineData("unix:path=/nonexistent/bus")]
    [InlineData("nonsense")]
    [InlineData("")]
    public async Task Without_a_bus_the_remedy_is_told(string address)
    {
        var e = await Assert.ThrowsAsync<DfuException>(() => BlueZObjects.OpenAsync(address, TimeProvider.System, default));
        Assert.Equal(DfuError.AdapterNotFound, e.Error);
        Assert.Contains("D-Bus", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("start", e.Message, StringComparison.Ordinal); // it is not the bus that every system has
    }

    [DbusFact]
    public async Task More_objects_are_followed_at_once_than_the_bus_lets_answers_be_awaited()
    {
        await using var bus = await PrivateBus.StartAsync();
        var bluez = await TinyBlueZ.StartAsync(bus);
        for (var i = 0; i < 400; i++) await bluez.AddAsync($"{Hci0}/dev_{i}", BlueZObjects.Device, ("RSSI", (short)-40));
        using var objects = await OpenAsync(bus);
        var before = await bus.MatchRulesAsync();
        var (now, most) = (0, 0);
        bluez.BeforeProperties = async () =>
        {
            var mine = Interlocked.Increment(ref now);
            lock (bluez) most = Math.Max(most, mine);
            await bus.MatchRulesAsync(); // an answer that takes its time
            Interlocked.Decrement(ref now);
        };

        var follows = await Task.WhenAll(objects.Below(Hci0).Select(o => objects.FollowAsync(o.Path, BlueZObjects.Device, default)))
            .WithinAsync(Soon * 3, TimeProvider.System, default);

        Assert.Equal((400, before + 400), (follows.Length, await bus.MatchRulesAsync()));
        Assert.InRange(most, 1, BlueZObjects.MostReads);
    }

    [DbusFact]
    public async Task A_descriptor_among_signals_arrives_with_the_answer_it_belongs_to()
    {
        const int Rounds = 200;
        await using var bus = await PrivateBus.StartAsync();
        var bluez = await TinyBlueZ.StartAsync(bus);
        var device = await bluez.AddAsync(Dev, BlueZObjects.Device, ("RSSI", (short)0));
        using var server = new Descriptors(() =>
        {
            for (var i = 0; i < 20; i++) device.Set("RSSI", (short)i);
        });
        await bluez.RegisterAsync(server);
        using var objects = await OpenAsync(bus);
        var changes = Changes(objects, Dev);
        using var following = await objects.FollowAsync(Dev, BlueZObjects.Device, default);
        var client = objects.Proxy<IDescriptors>(server.ObjectPath);

        for (var i = 0; i < Rounds; i++)
        {
            using var answer = await client.OpenAsync(i).WithinAsync(Soon, TimeProvider.System, default);
            using var file = new FileStream(new SafeFileHandle(answer.DangerousGetHandle(), ownsHandle: false), FileAccess.Read);
            using var text = new StreamReader(file);
            Assert.Equal(Descriptors.Text(i), await text.ReadToEndAsync());
        }

        for (var i = 0; i < Rounds * 40; i++) await NextAsync(changes, static _ => true);
    }

    private static Task<BlueZObjects> OpenAsync(PrivateBus bus) => BlueZObjects.OpenAsync(bus.Address, TimeProvider.System, default);

    /// <summary>Returns when so many match rules are in force; a rule goes a moment after its last follower.</summary>
    private static Task RulesAsync(PrivateBus bus, int wanted)
    {
        return ComeAsync().WithinAsync(Soon, TimeProvider.System, default);

        async Task ComeAsync()
        {
            while (await bus.MatchRulesAsync() != wanted) await Task.Yield();
        }
    }

    private static ChannelReader<BlueZChange> Changes(BlueZObjects objects, ObjectPath path)
    {
        var channel = Channel.CreateUnbounded<BlueZChange>();
        objects.OnChange(path, change => channel.Writer.TryWrite(change));
        return channel.Reader;
    }

    private static async Task<BlueZChange> NextAsync(ChannelReader<BlueZChange> changes, Func<BlueZChange, bool> wanted)
    {
        while (true)
        {
            var change = await changes.ReadAsync().AsTask().WithinAsync(Soon, TimeProvider.System, default);
            if (wanted(change)) return change;
        }
    }
}
