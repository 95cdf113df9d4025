using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.Kernel;

public sealed class KernelBluetoothTests : IDisposable
{
    private static readonly BluetoothAddress Peer = BluetoothAddress.Parse("C4:55:46:57:00:01");
    private static readonly LinkParameters Fast = new(TimeSpan.FromMilliseconds(15), 0, TimeSpan.FromSeconds(4));
    private readonly ScriptedKernel _kernel = new();
    private readonly HeldTime _time = new();

    private static CancellationToken Ct => CancellationToken.None;

    public void Dispose() => _kernel.Dispose();

    [Fact]
    public async Task A_controller_tells_what_it_can()
    {
        _kernel.Answers[MgmtCommand.ReadControllerInformation] = (0, Packets.Information());
        _kernel.Answers[MgmtCommand.GetPhyConfiguration] = (0, [0, 0x1E, 0, 0, 0, 0x18, 0, 0, 0, 0x06, 0, 0]);
        _kernel.DeviceInfo = Packets.DeviceInfo(onlyLowEnergy: true, packets: 8);
        using var bluetooth = Open();
        Assert.Equal(new(BluetoothAddress.Parse("C4:7C:8D:00:11:22"), "dfu", 9, 0x59, true, true, true, false, 8), await Soon(bluetooth.AbilitiesAsync(1, Ct)));
        Assert.Equal((MgmtCommand.ReadControllerInformation, (ushort)1), (_kernel.NextAsked() is var asked ? asked.Command : default, asked.Index));
    }

    [Fact]
    public async Task A_controller_that_is_not_there_tells_nothing()
    {
        _kernel.Answers[MgmtCommand.ReadControllerInformation] = (0x11, []);
        using var bluetooth = Open();
        Assert.Null(await Soon(bluetooth.AbilitiesAsync(1, Ct)));
        Assert.Null(await Soon(bluetooth.AbilitiesAsync(-1, Ct)));
        Assert.Null(await Soon(bluetooth.AbilitiesAsync(70_000, Ct)));
    }

    [Fact]
    public async Task Buffers_of_a_controller_with_br_edr_are_only_known_from_itself()
    {
        _kernel.Answers[MgmtCommand.ReadControllerInformation] = (0, Packets.Information());
        _kernel.Answers[MgmtCommand.GetPhyConfiguration] = (0x0C, []);
        _kernel.DeviceInfo = Packets.DeviceInfo(onlyLowEnergy: false, packets: 5);
        using var bluetooth = Open();
        Assert.Null((await Soon(bluetooth.AbilitiesAsync(0, Ct)))!.AclBuffers);

        _kernel.Say(HciChannel.Monitor, Packets.Hci(0, 0x0E, 1, 0x02, 0x20, 0, 251, 0, 12));
        await Soon(bluetooth.AbilitiesAsync(0, Ct));
        Assert.Equal(12, (await Soon(bluetooth.AbilitiesAsync(0, Ct)))!.AclBuffers);

        // None of its own: shared with BR/EDR, which the kernel counts.
        _kernel.Say(HciChannel.Monitor, Packets.Hci(0, 0x0E, 1, 0x02, 0x20, 0, 0, 0, 0));
        await Soon(bluetooth.AbilitiesAsync(0, Ct));
        Assert.Equal(5, (await Soon(bluetooth.AbilitiesAsync(0, Ct)))!.AclBuffers);
    }

    [Theory]
    [InlineData(true, 0, 0x01, true)]
    [InlineData(true, 0, 0x00, false)]
    [InlineData(false, 0, 0x00, true)]
    [InlineData(false, 0x0A, 0x00, false)]
    public async Task Power_is_set_when_the_settings_say_so(bool on, byte status, byte settings, bool set)
    {
        _kernel.Answers[MgmtCommand.SetPowered] = (status, [settings, 2, 0, 0]);
        using var bluetooth = Open();
        Assert.Equal(set, await Soon(bluetooth.SetPoweredAsync(2, on, Ct)));
        var asked = _kernel.NextAsked();
        Assert.Equal((MgmtCommand.SetPowered, (ushort)2, on ? (byte)1 : (byte)0), (asked.Command, asked.Index, Assert.Single(asked.Parameters)));
    }

    [Fact]
    public async Task A_controller_that_does_not_answer_is_waited_for_only_so_long()
    {
        using var bluetooth = Open();
        var powered = bluetooth.SetPoweredAsync(0, true, Ct);
        Assert.Equal(TimeSpan.FromSeconds(10), await _time.PassAsync());
        Assert.False(await Soon(powered));
        var abilities = bluetooth.AbilitiesAsync(0, Ct);
        Assert.Equal(TimeSpan.FromSeconds(3), await _time.PassAsync());
        Assert.Null(await Soon(abilities));
    }

    [Fact]
    public async Task Answers_find_their_requests_by_command_and_controller()
    {
        using var bluetooth = Open();
        var first = bluetooth.SetPoweredAsync(0, true, Ct);
        var second = bluetooth.SetPoweredAsync(1, true, Ct);
        var behind = bluetooth.SetPoweredAsync(0, false, Ct);
        Assert.Equal([0, 1], [_kernel.NextAsked().Index, _kernel.NextAsked().Index]);
        _kernel.SayAnswer(MgmtCommand.SetPowered, 2, 0, 1, 0, 0, 0);
        _kernel.SayAnswer(MgmtCommand.ReadControllerInformation, 0, 0, 1, 0, 0, 0);
        _kernel.SayAnswer(MgmtCommand.SetPowered, 1, 3);
        Assert.False(await Soon(second));
        Assert.False(first.IsCompleted);
        Assert.Empty(_kernel.Asked);

        _kernel.SayAnswer(MgmtCommand.SetPowered, 0, 0, 1, 0, 0, 0);
        Assert.True(await Soon(first));
        Assert.Equal([0], _kernel.NextAsked().Parameters);
        _kernel.SayAnswer(MgmtCommand.SetPowered, 0, 0, 0, 0, 0, 0);
        Assert.True(await Soon(behind));
    }

    [Fact]
    public async Task Who_gives_up_waiting_frees_the_turn()
    {
        using var bluetooth = Open();
        using var givenUp = new CancellationTokenSource();
        var first = bluetooth.SetPoweredAsync(0, true, givenUp.Token);
        var behind = bluetooth.SetPoweredAsync(0, false, givenUp.Token);
        var next = bluetooth.SetPoweredAsync(0, true, Ct);
        _kernel.NextAsked();
        givenUp.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Soon(first));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Soon(behind));
        _kernel.NextAsked();
        _kernel.SayAnswer(MgmtCommand.SetPowered, 0, 0, 1, 0, 0, 0);
        Assert.True(await Soon(next));
    }

    [Fact]
    public async Task Preferred_parameters_of_a_controller_are_loaded_all_together()
    {
        _kernel.Answers[MgmtCommand.LoadConnectionParameters] = (0, []);
        using var bluetooth = Open();
        Assert.True(await Soon(bluetooth.PreferAsync(0, Peer, AddressType.Random, Fast, Ct)));
        Assert.True(await Soon(bluetooth.PreferAsync(0, new(9), AddressType.Public, Fast with { Latency = 4 }, Ct)));
        Assert.True(await Soon(bluetooth.PreferAsync(1, Peer, AddressType.Random, Fast, Ct)));
        byte[] first = [1, 0, 0x57, 0x46, 0x55, 0xC4, 2, 12, 0, 12, 0, 0, 0, 0x90, 1];
        Assert.Equal([1, 0, .. first], _kernel.NextAsked().Parameters);
        Assert.Equal([2, 0, .. first, 9, 0, 0, 0, 0, 0, 1, 12, 0, 12, 0, 4, 0, 0x90, 1], _kernel.NextAsked().Parameters);
        Assert.Equal([1, 0, .. first], _kernel.NextAsked().Parameters);

        // What comes back under the same number is another controller.
        _kernel.SayEvent(MgmtEvent.IndexRemoved, 0);
        Assert.True(await Soon(bluetooth.PreferAsync(1, Peer, AddressType.Random, Fast, Ct)));
        Assert.True(await Soon(bluetooth.PreferAsync(0, Peer, AddressType.Random, Fast, Ct)));
        _kernel.NextAsked();
        Assert.Equal([1, 0, .. first], _kernel.NextAsked().Parameters);

        Assert.False(await Soon(bluetooth.PreferAsync(0, Peer, AddressType.Random, Fast with { Interval = TimeSpan.FromMilliseconds(5) }, Ct)));
        _kernel.Answers[MgmtCommand.LoadConnectionParameters] = (0x0D, []);
        Assert.False(await Soon(bluetooth.PreferAsync(0, Peer, AddressType.Random, Fast, Ct)));
    }

    [Theory]
    [InlineData(0x1E, 0x06, true, 0x1E)]
    [InlineData(0x1E, 0x1E, true, null)]
    [InlineData(0x06, 0x06, false, null)]
    public async Task The_2m_phy_is_selected_beside_the_others_where_there_is_one(byte supported, byte selected, bool may, int? asks)
    {
        _kernel.Answers[MgmtCommand.GetPhyConfiguration] = (0, [7, supported, 0, 0, 0, 0, 0, 0, 7, selected, 0, 0]);
        _kernel.Answers[MgmtCommand.SetPhyConfiguration] = (0, []);
        using var bluetooth = Open();
        Assert.Equal(may, await Soon(bluetooth.Prefer2MAsync(0, Ct)));
        Assert.Equal(MgmtCommand.GetPhyConfiguration, _kernel.NextAsked().Command);
        if (asks is { } byte1) Assert.Equal([7, (byte)byte1, 0, 0], _kernel.NextAsked().Parameters);
        Assert.Empty(_kernel.Asked);
    }

    [Fact]
    public async Task Without_permission_controllers_are_read_but_not_configured()
    {
        using var kernel = new ScriptedKernel { Trusted = false, Refused = { [HciChannel.Monitor] = 1 } };
        kernel.Answers[MgmtCommand.ReadControllerInformation] = (0, Packets.Information());
        kernel.Answers[MgmtCommand.ReadVersion] = (0, [1, 22, 0]);
        kernel.Answers[MgmtCommand.SetPowered] = (0x14, []);
        using var bluetooth = KernelBluetooth.Open(kernel, _time);
        Assert.Equal((false, false, 0, 1), (bluetooth.MayConfigure, bluetooth.MayMonitor, bluetooth.ControlError, bluetooth.MonitorError));
        Assert.Equal(new(1, 22), await Soon(bluetooth.VersionAsync(Ct)));
        var abilities = await Soon(bluetooth.AbilitiesAsync(0, Ct));
        Assert.Equal((true, null, null, null), (abilities!.Powered, abilities.Phy2M, abilities.Selected2M, abilities.AclBuffers));
        Assert.False(await Soon(bluetooth.SetPoweredAsync(0, true, Ct)));
        Assert.False(await Soon(bluetooth.PreferAsync(0, Peer, AddressType.Random, Fast, Ct)));
        Assert.False(await Soon(bluetooth.Prefer2MAsync(0, Ct)));
    }

    [Fact]
    public async Task A_kernel_without_bluetooth_may_nothing()
    {
        using var kernel = new ScriptedKernel { Refused = { [HciChannel.Monitor] = 97, [HciChannel.Control] = 97 } };
        using var bluetooth = KernelBluetooth.Open(kernel, _time);
        Assert.Equal((false, false, 97), (bluetooth.MayConfigure, bluetooth.MayMonitor, bluetooth.ControlError));
        Assert.Null(await Soon(bluetooth.AbilitiesAsync(0, Ct)));
        Assert.False(await Soon(bluetooth.SetPoweredAsync(0, true, Ct)));
        Assert.Null(bluetooth.InForce(0, Peer));
    }

    [Fact]
    public async Task Whatever_kernel_this_machine_has_opening_it_does_not_fail()
    {
        using var bluetooth = KernelBluetooth.Open(TimeProvider.System);
        Assert.Equal(bluetooth.ControlError == 0, await Soon(bluetooth.VersionAsync(Ct)) is not null);
        Assert.Null(await Soon(bluetooth.AbilitiesAsync(0xFFFE, Ct)));
    }

    [Fact]
    public async Task After_disposal_nothing_is_asked_and_what_was_under_way_ends()
    {
        var bluetooth = Open();
        var powered = bluetooth.SetPoweredAsync(0, true, Ct);
        var behind = bluetooth.SetPoweredAsync(0, true, Ct);
        _kernel.NextAsked();
        bluetooth.Dispose();
        bluetooth.Dispose();
        Assert.False(await Soon(powered));
        Assert.False(await Soon(behind));
        Assert.Null(await Soon(bluetooth.AbilitiesAsync(0, Ct)));
        Assert.Equal((false, false), (bluetooth.MayConfigure, bluetooth.MayMonitor));
    }

    private KernelBluetooth Open() => KernelBluetooth.Open(_kernel, _time);

    private static Task<T> Soon<T>(Task<T> task) => task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
}
