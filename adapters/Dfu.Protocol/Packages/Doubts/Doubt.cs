namespace Dfu.Protocol.Packages.Doubts;

/// <summary>How much a doubt weighs.</summary>
public enum DoubtLevel
{
    /// <summary>Right as a rule, and worth knowing.</summary>
    Note,

    /// <summary>Wrong as a rule, but it may be meant.</summary>
    Warning,

    /// <summary>It cannot be right: nothing is packed without being asked for twice.</summary>
    Grave,
}

/// <summary>Something that speaks against a package whose form is right.</summary>
/// <param name="Level">How much it weighs.</param>
/// <param name="Text">What it is, on one line.</param>
/// <param name="Remedy">What to do, one sentence.</param>
public sealed record Doubt(DoubtLevel Level, string Text, string Remedy);
