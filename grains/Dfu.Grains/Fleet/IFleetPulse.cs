namespace Dfu.Grains.Fleet;

/// <summary>The directory's calls to itself.</summary>
[Alias("dfu.fleet-pulse")]
internal interface IFleetPulse : IGrainWithIntegerKey
{
    [Alias("Pulse")]
    Task PulseAsync();
}
