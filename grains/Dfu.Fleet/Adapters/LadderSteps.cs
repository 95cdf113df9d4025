using Dfu.Adapters;

namespace Dfu.Fleet.Adapters;

/// <summary>How often each step of the recovery ladder was carried out on an adapter.</summary>
public readonly record struct LadderSteps(int Reopened, int PowerCycled, int UsbReset)
{
    public LadderSteps And(RecoveryStep step) => step switch
    {
        RecoveryStep.Reopen => this with { Reopened = Reopened + 1 },
        RecoveryStep.PowerCycle => this with { PowerCycled = PowerCycled + 1 },
        _ => this with { UsbReset = UsbReset + 1 },
    };
}
