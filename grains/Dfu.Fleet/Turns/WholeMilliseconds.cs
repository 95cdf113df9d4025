namespace Dfu.Fleet.Turns;

internal static class WholeMilliseconds
{
    /// <summary>What a timer or a delay has to be given so that it never ends early: both leave out what is less than a millisecond. Not negative.</summary>
    public static TimeSpan InWholeMilliseconds(this TimeSpan time) => TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, time.TotalMilliseconds)));
}
