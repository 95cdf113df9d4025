using System.Collections.Immutable;
using Dfu.Fleet.Scan;

namespace Dfu.Fleet.Access;

/// <summary>Who is on the air, by all that the fleet's adapters hear.</summary>
/// <param name="Adapters">Their ids; <see cref="HeardUnit.By"/> tells them by their index here. Those that do not listen now are among them.</param>
/// <param name="Units">The strongest first.</param>
public sealed record HeardAir(ImmutableArray<string> Adapters, ImmutableArray<HeardUnit> Units)
{
    /// <summary>More than an operator has; who is weaker than so many others is left out.</summary>
    public const int Most = 5000;
}

/// <summary>A package that a fleet keeps.</summary>
/// <param name="Id">SHA-256 of the file, 64 lower-case hexadecimal digits.</param>
/// <param name="NeededAt">When it was put or a campaign last needed it, to the day.</param>
public sealed record KeptPackage(string Id, DateTimeOffset NeededAt);
