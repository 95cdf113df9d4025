using Dfu.Adapters;
using Dfu.Fleet.Identity;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Tests.Identity;

public sealed class AdvertMatcherTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly AdvertMatcher _matcher = new();

    private static BluetoothAddress A(byte low) => new(0xC0_98_76_54_32_00ul | low);

    private AdvertMatch? Hear(byte low, string name = "", bool dfu = true, double at = 0) =>
        _matcher.Match(new(A(low), AddressType.Random, -60, name, dfu, true), T0.AddSeconds(at));

    private void Targets(params byte[] lows)
    {
        foreach (var low in lows) _matcher.Add(A(low));
    }

    [Fact]
    public void Whoever_is_taken_for_a_target_is_at_one_of_its_addresses()
    {
        var taken = 0;
        for (var seed = 1; seed <= 1000; seed++)
        {
            var (random, matcher) = (new Random(seed), new AdvertMatcher());
            var targets = new Dictionary<BluetoothAddress, (BluetoothAddress? Application, BluetoothAddress? Bootloader)>();
            for (var i = 0; i < 4; i++)
            {
                var target = Any();
                if (!targets.TryAdd(target, default)) continue;
                matcher.Add(target);
                if (random.Next(3) > 0) continue;
                var (application, bootloader) = targets[target] = (Any(), Any());
                matcher.Correct(target, application!.Value, bootloader!.Value, settled: random.Next(2) == 0);
            }

            for (var second = 0; second < 40; second++)
            {
                string[] names = ["", "Sensor", "DfuTarg", $"DFU{Any().Value & 0xFF_FFFF:X6}"];
                var heard = new Advertisement(Any(), AddressType.Random, -60, names[random.Next(4)], random.Next(2) == 0, true);
                if (matcher.Match(heard, T0.AddSeconds(second)) is not { } match) continue;
                taken++;
                var (application, bootloader) = targets[match.Device];
                Assert.True(AdvertMatcher.AddressesOf(match.Device, application, bootloader).Contains(heard.Address), $"seed {seed}: {heard} is {match}");
            }

            BluetoothAddress Any() => A((byte)random.Next(12));
        }

        Assert.InRange(taken, 10_000, 40_000);
    }

    [Fact]
    public void An_exact_address_is_the_application()
    {
        Targets(0x10);
        Assert.Equal(new AdvertMatch(A(0x10), A(0x10), A(0x11), false), Hear(0x10, "Sensor"));
    }

    [Fact]
    public void One_above_is_the_bootloader_and_the_low_byte_wraps_without_carry()
    {
        Targets(0x10, 0xFF);
        Assert.Equal(new AdvertMatch(A(0x10), A(0x10), A(0x11), true), Hear(0x11, "DfuTarg"));
        Assert.Equal(new AdvertMatch(A(0xFF), A(0xFF), A(0x00), true), Hear(0x00, "DfuTarg"));
    }

    [Fact]
    public void A_target_given_by_its_bootloaders_address_is_known_by_its_applications()
    {
        Targets(0x11);
        Assert.Equal(new AdvertMatch(A(0x11), A(0x10), A(0x11), true), Hear(0x11, "DfuTarg"));
    }

    [Fact]
    public void Strangers_are_nobody()
    {
        Targets(0x10);
        Assert.Null(Hear(0x40, "DfuTarg"));
        Assert.Null(Hear(0x0F, "DfuTarg"));
        Assert.Null(Hear(0x11, "Neighbour", dfu: false));
    }

    [Fact]
    public void A_neighbours_application_one_above_is_not_taken_for_the_bootloader_while_the_target_is_heard()
    {
        Targets(0x10);
        Hear(0x10, "Sensor");
        Assert.Null(Hear(0x11, "Sensor", at: 1));
        Assert.True(Hear(0x11, "MyBoot", at: 30)!.Value.InBootloader);
    }

    [Fact]
    public void A_bootloader_one_above_is_somebody_elses_while_the_target_is_heard()
    {
        Targets(0x10);
        Hear(0x10, "Sensor");
        Assert.Null(Hear(0x11, "DfuTarg", at: 1));
        Assert.Equal(A(0x10), Hear(0x11, DeviceNames.Label(A(0x10)), at: 1)!.Value.Device);
        Assert.Equal(A(0x10), Hear(0x11, "DfuTarg", at: 5)!.Value.Device);
    }

    [Fact]
    public void An_application_that_answered_where_a_bootloader_was_expected_is_a_neighbours()
    {
        Targets(0x11);
        Assert.True(Hear(0x12, "Sensor")!.Value.InBootloader);
        Assert.True(_matcher.Doubt(A(0x11), A(0x12)));
        Assert.False(_matcher.Doubt(A(0x11), A(0x12)));
        Assert.Null(Hear(0x12, "Sensor", at: 20));
        Assert.Equal(A(0x11), Hear(0x12, "DfuTarg", at: 20)!.Value.Device);
    }

    [Fact]
    public void A_device_that_was_written_to_is_nobody_elses_any_more()
    {
        Targets(0x11);
        _matcher.Correct(A(0x11), A(0x11), A(0x12), settled: true);
        Assert.Null(Hear(0x11, "DfuTarg"));
        Assert.Equal(new AdvertMatch(A(0x11), A(0x11), A(0x12), true), Hear(0x12, "DfuTarg"));
        Assert.Equal(new AdvertMatch(A(0x11), A(0x11), A(0x12), false), Hear(0x11, "Sensor"));

        _matcher.Correct(A(0x11), A(0x10), A(0x11));
        Assert.Null(Hear(0x11, "DfuTarg", at: 20));
        _matcher.Correct(A(0x11), A(0x10), A(0x11), settled: true);
        Assert.Equal(new AdvertMatch(A(0x11), A(0x10), A(0x11), true), Hear(0x11, "DfuTarg", at: 20));
        Assert.Null(Hear(0x12, "DfuTarg", at: 40));
        Assert.Null(Hear(0x12, DeviceNames.Label(A(0x11)), at: 40));
    }

    [Fact]
    public void Our_label_settles_whose_bootloader_it_is()
    {
        Targets(0x10, 0x11);
        Assert.Equal("DFU543210", DeviceNames.Label(A(0x10)));
        Assert.Equal(A(0x10), Hear(0x11, DeviceNames.Label(A(0x10)))!.Value.Device);
        Assert.Equal(A(0x11), Hear(0x12, DeviceNames.Label(A(0x11)))!.Value.Device);
    }

    [Fact]
    public void Consecutive_application_addresses_are_told_by_the_bootloader_above_the_last()
    {
        Targets(0x10, 0x11, 0x12);
        Assert.Null(Hear(0x11, "DfuTarg"));
        Assert.Equal(A(0x12), Hear(0x13, "DfuTarg")!.Value.Device);
        Assert.Equal(A(0x10), Hear(0x11, "DfuTarg")!.Value.Device);
        Assert.Equal(A(0x11), Hear(0x12, "DfuTarg")!.Value.Device);
    }

    [Fact]
    public void Consecutive_bootloader_addresses_are_told_by_the_first()
    {
        Targets(0x11, 0x12, 0x13);
        Assert.Null(Hear(0x12, "DfuTarg"));
        Assert.Equal(A(0x11), Hear(0x11, "DfuTarg")!.Value.Device);
        Assert.Equal(new AdvertMatch(A(0x12), A(0x11), A(0x12), true), Hear(0x12, "DfuTarg"));
    }

    [Fact]
    public void An_application_heard_tells_the_same()
    {
        Targets(0x10, 0x11);
        Hear(0x11, "Sensor");
        Assert.Equal(A(0x10), Hear(0x11, "DfuTarg")!.Value.Device);
    }

    [Fact]
    public void Without_evidence_the_exact_address_wins_after_a_while()
    {
        Targets(0x10, 0x11);
        Assert.Null(Hear(0x11, "DfuTarg"));
        Assert.Equal(A(0x11), Hear(0x11, "DfuTarg", at: 3)!.Value.Device);
    }

    [Fact]
    public void What_connecting_showed_is_believed()
    {
        Targets(0x20);
        _matcher.Correct(A(0x20), A(0x1F), A(0x20));
        Assert.Equal(new AdvertMatch(A(0x20), A(0x1F), A(0x20), true), Hear(0x20, "DfuTarg"));
        Assert.Null(Hear(0x1F, "Sensor", at: 1)); // who is heard at both is two
        Assert.Equal(new AdvertMatch(A(0x20), A(0x1F), A(0x20), false), Hear(0x1F, "Sensor", at: 5));
    }

    [Fact]
    public void A_target_given_by_its_bootloaders_address_is_heard_in_its_application_after_a_while()
    {
        Targets(0x11);
        Assert.Null(Hear(0x10, "Sensor"));
        Assert.Null(Hear(0x10, "Sensor", at: 2.9));
        Assert.Equal(new AdvertMatch(A(0x11), A(0x10), A(0x11), false), Hear(0x10, "Sensor", at: 3));
        Assert.Equal(new AdvertMatch(A(0x11), A(0x10), A(0x11), true), Hear(0x11, "DfuTarg", at: 4));
        Assert.Null(Hear(0x10, "Sensor", at: 5)); // who is heard at both is two
    }

    [Theory]
    [InlineData(0x11, "Sensor")]
    [InlineData(0x12, "DfuTarg")]
    public void An_application_below_a_target_that_is_there_is_a_neighbours(byte itself, string name)
    {
        Targets(0x11);
        for (var at = 0; at < 20; at++)
        {
            Assert.NotNull(Hear(itself, name, at: at));
            Assert.Null(Hear(0x10, "Sensor", at: at));
        }

        Assert.NotNull(Hear(0x10, "Sensor", at: 30)); // the target was switched off meanwhile
    }

    [Fact]
    public void What_lies_below_a_target_and_is_somebody_is_not_that_target()
    {
        Targets(0x10, 0x11, 0x21);
        Assert.Equal(A(0x10), Hear(0x10, "Sensor")!.Value.Device);
        Assert.Equal(A(0x10), Hear(0x10, "Sensor", at: 20)!.Value.Device);
        Assert.Null(Hear(0x20, "DfuTarg"));
        Assert.Null(Hear(0x20, "DfuTarg", at: 20)); // a bootloader is no application
        Assert.Null(Hear(0x1F, "Sensor", at: 20));
    }

    [Fact]
    public void An_application_that_turned_out_to_be_a_neighbours_is_not_taken_for_the_target_again()
    {
        Targets(0x11);
        Hear(0x10, "Sensor");
        Assert.NotNull(Hear(0x10, "Sensor", at: 3));
        _matcher.Correct(A(0x11), A(0x10), A(0x11));
        Assert.True(_matcher.Doubt(A(0x11), A(0x10)));
        Assert.Null(Hear(0x10, "Sensor", at: 20));
        Assert.Equal(A(0x11), Hear(0x11, "DfuTarg", at: 20)!.Value.Device);
    }

    [Fact]
    public void Public_addresses_follow_one_another_so_nobody_is_taken_for_his_neighbour()
    {
        foreach (var type in new[] { AddressType.Public, AddressType.Random })
        {
            var address = type == AddressType.Public ? A(0x10) : new(0x00_98_76_54_32_10); // not one that stays
            var matcher = new AdvertMatcher();
            matcher.Add(address.Bootloader);
            for (var at = 0; at < 60; at++) Assert.Null(matcher.Match(new(address, type, -60, "Sensor", true, true), T0.AddSeconds(at)));
        }
    }

    [Fact]
    public void A_low_byte_that_wraps_is_below_as_well()
    {
        Targets(0x00);
        Hear(0xFF, "Sensor");
        Assert.Equal(new AdvertMatch(A(0x00), A(0xFF), A(0x00), false), Hear(0xFF, "Sensor", at: 3));
    }

    [Fact]
    public void A_bonded_device_keeps_its_address()
    {
        Targets(0x30);
        _matcher.Correct(A(0x30), A(0x30), A(0x30));
        Assert.Equal(new AdvertMatch(A(0x30), A(0x30), A(0x30), true), Hear(0x30, "DfuTarg"));
        Assert.Equal(new AdvertMatch(A(0x30), A(0x30), A(0x30), false), Hear(0x30, "Sensor"));
    }

    [Theory]
    [InlineData("Sensor-12", "Sensor*", true)]
    [InlineData("Sensor-12", "*-1?", true)]
    [InlineData("Sensor-12", "Sensor", false)]
    [InlineData("", "*", true)]
    [InlineData("abcabd", "*ab?", true)]
    [InlineData("abc", "a**c", true)]
    [InlineData("sensor", "S*", false)]
    public void Name_patterns_work_as_in_a_shell(string name, string glob, bool matches) => Assert.Equal(matches, DeviceNames.Matches(name, glob));
}
