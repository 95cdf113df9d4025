using Dfu.Benchmarks;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;
using Dfu.Simulation.Tests.Support;

namespace Dfu.Simulation.Tests;

/// <summary>A bootloader that advertises after the last EXECUTE says that no application will come.</summary>
public sealed class StayingBootloaderTests
{
    [Fact]
    public void A_link_cut_at_the_last_execute_costs_no_wait_for_an_application()
    {
        var (undisturbed, cut) = (Run(cuts: false), Run(cuts: true));
        Assert.Equal(2, cut.Device.Counters.Connects);

        // The link is known to be lost after 4 s, the bootloader is believed after 2, and what it had lost is sent again.
        var again = TimeSpan.FromSeconds(cut.Resent / 4096 * 0.17);
        Assert.InRange(cut.Time.Elapsed - undisturbed.Time.Elapsed - again, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(8));
    }

    /// <remarks>Its bootloader is on the air until the new one is copied, and the new one from then on.</remarks>
    [Fact]
    public void A_bootloader_alone_on_a_device_without_an_application_is_over_when_it_is_heard()
    {
        var scenario = new Scenario { Package = TestPackages.OfBootloader(3 * 4096, version: 2) }.Run();
        Assert.InRange(scenario.Time.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(6));
    }

    private static Scenario Run(bool cuts)
    {
        var scenario = new Scenario
        {
            Package = TestPackages.Application(12 * 4096),
            Wrap = (run, link, number) => cuts && number == 1 ? new CutAtLast(link, run) : link,
        }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        return scenario;
    }

    private sealed class CutAtLast : WrappedLink
    {
        private readonly Scenario _run;

        public CutAtLast(IDfuLink inner, Scenario run)
            : base(inner)
        {
            _run = run;
            _ = PassOnAsync();
        }

        public override Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
        {
            if (_run.Recorder.LastExecuteSent && value.Span is [OpCode.Execute]) _run.Device.CutLink();
            return base.WriteAsync(characteristic, value, cancellationToken);
        }
    }
}
