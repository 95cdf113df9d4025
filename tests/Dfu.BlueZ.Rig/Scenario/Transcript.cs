using System.Globalization;

namespace Dfu.BlueZ.Rig.Scenario;

/// <summary>One line a step, with the time since the beginning.</summary>
internal sealed class Transcript
{
    private readonly long _began = TimeProvider.System.GetTimestamp();

    public double Elapsed => TimeProvider.System.GetElapsedTime(_began).TotalSeconds;

    public void Step(string what) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Elapsed,6:0.0} s  {what}"));
}
