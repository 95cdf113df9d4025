namespace Dfu.Grains.Turns;

/// <summary>A grain's calls to itself, so that something happens in a turn of its own.</summary>
[Alias("dfu.own-turns")]
internal interface IOwnTurns : IGrain
{
    [Alias("TakeTurn")]
    Task TakeTurnAsync();
}
