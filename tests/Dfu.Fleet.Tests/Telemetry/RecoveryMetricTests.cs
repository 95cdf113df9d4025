using Dfu.Adapters;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Tests.Fakes;

namespace Dfu.Fleet.Tests.Telemetry;

public sealed class RecoveryMetricTests
{
    [Fact]
    public void A_step_that_was_taken_is_counted_and_one_that_a_radio_does_not_have_is_not()
    {
        using var heard = new Heard("recovered");
        var time = new VirtualTime();
        time.Run(async () =>
        {
            await using var host = new AdapterHost(new WithoutUsb(new FakeSource(new World(), time, "recovered:0")), new Nobody(), time);
            host.Carry(new AdapterEffect.Recover(1, RecoveryStep.PowerCycle));
            host.Carry(new AdapterEffect.Recover(1, RecoveryStep.PowerCycle));
            host.Carry(new AdapterEffect.Recover(1, RecoveryStep.UsbReset));
            await Task.Delay(TimeSpan.FromSeconds(1), time);
            return true;
        });
        var counted = heard.All("dfu.adapter.recoveries");
        Assert.Equal(2, counted.Count);
        Assert.All(counted, static one => Assert.Equal(("recovered:0", "powerCycle"), (one.Tags["dfu.adapter.id"], one.Tags["dfu.recovery.step"])));
    }

    private sealed class WithoutUsb(IAdapterSource inner) : IAdapterSource
    {
        public string Id => inner.Id;

        public Task<IAdapter> OpenAsync(CancellationToken cancellationToken) => inner.OpenAsync(cancellationToken);

        public async Task<bool> RecoverAsync(RecoveryStep step, CancellationToken cancellationToken) =>
            await inner.RecoverAsync(step, cancellationToken) && step != RecoveryStep.UsbReset;
    }

    private sealed class Nobody : IAdapterReports
    {
        public void Happened(AdapterEvent e)
        {
        }

        public void Heard(in Advertisement advertisement)
        {
        }

        public void Deaf()
        {
        }
    }
}
