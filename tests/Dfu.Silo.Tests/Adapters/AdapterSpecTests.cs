using Dfu.Adapters.Simulated;
using Dfu.Protocol.Errors;
using Dfu.Silo.Adapters;

namespace Dfu.Silo.Tests.Adapters;

public sealed class AdapterSpecTests
{
    [Theory]
    [InlineData("bridge:tcp://localhost:7001", "bridge:tcp://127.0.0.1:7001")]
    [InlineData("Bridge:tcp://127.0.0.1:7001", "bridge:tcp://127.0.0.1:7001/")]
    public void Different_ways_to_write_a_bridge_are_one_radio(string one, string other) => Assert.Equal(Radio(one), Radio(other));

    [Fact]
    public void Different_ports_are_different_radios() => Assert.NotEqual(Radio("bridge:tcp://localhost:7001"), Radio("bridge:tcp://localhost:7002"));

    [Fact]
    public void A_simulated_adapter_takes_its_settings()
    {
        var spec = Assert.IsType<AdapterSpec.Simulated>(Assert.Single(AdapterSpec.Parse(
            "sim:devices=20,adapters=3,drop-rate=0.02,profile=sdk15.3,chip=nrf52832,mode=app,"
                + "save-progress=true,seed=9,time-scale=5,deaf=true,drop-after=5000,links=20,radios=4")));
        Assert.Equal(3, spec.Adapters);
        Assert.Equal(
            new()
            {
                Devices = 20, DropRate = 0.02, Profile = BootloaderProfile.Sdk153, Chip = ChipModel.Nrf52832, InApplication = true,
                SaveProgress = true, Seed = 9, TimeScale = 5, Deaf = true, DropAfter = 5000, Links = 20, Radios = 4,
            },
            spec.Settings);
        Assert.Equal((20, 4), (spec.Settings.Adapter.MaxLinks, spec.Settings.Adapter.Radios));
    }

    [Theory]
    [InlineData("", DfuError.InvalidArgument)]
    [InlineData("usb:1", DfuError.InvalidArgument)]
    [InlineData("bridge:", DfuError.InvalidArgument)]
    [InlineData("bridge:tcp://host", DfuError.InvalidArgument)]
    [InlineData("sim:devices", DfuError.InvalidArgument)]
    [InlineData("sim:devices=0", DfuError.InvalidArgument)]
    [InlineData("sim:links=0", DfuError.InvalidArgument)]
    [InlineData("sim:drop-rate=2", DfuError.InvalidArgument)]
    [InlineData("sim:profile=sdk18", DfuError.InvalidArgument)]
    public void What_is_no_adapter_is_refused(string text, DfuError error)
    {
        var refused = Assert.Throws<DfuException>(() => AdapterSpec.Parse(text));
        Assert.Equal(error, refused.Error);
        Assert.Contains(text, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bridge:tcp://localhost:7001", "bridge:tcp://127.0.0.1:7001")]
    [InlineData("sim:devices=3", "sim:devices=3")]
    public void A_radio_that_is_given_twice_is_refused(string one, string other)
    {
        var refused = Assert.Throws<DfuException>(() => AdapterSpec.ParseAll([one, "bridge:tcp://localhost:7002", other]));
        Assert.Equal(DfuError.InvalidArgument, refused.Error);
        Assert.Contains($"{other} is given twice", refused.Message, StringComparison.Ordinal);
    }

    private static string Radio(string text) => Assert.IsType<AdapterSpec.Bridge>(Assert.Single(AdapterSpec.Parse(text))).Radio;
}
