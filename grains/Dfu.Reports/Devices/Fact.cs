namespace Dfu.Reports;

/// <summary>How much a line of a fact is to be noticed.</summary>
public enum FactTone
{
    Plain = 0,

    /// <summary>What to do.</summary>
    Strong,
    Warning,
    Bad,
}

/// <summary>Something known, under its name; texts may hold anything, for names and details come from devices and files.</summary>
public sealed record Fact(string Label, params IReadOnlyList<FactLine> Lines)
{
    public FactTone Tone { get; init; }
}

/// <param name="Text">One line.</param>
public sealed record FactLine(string Text, FactTone Tone = FactTone.Plain)
{
    /// <summary>A code before the text; empty for none.</summary>
    public string Code { get; init; } = "";

    /// <summary>Figures after the text that matter less; empty for none.</summary>
    public string Aside { get; init; } = "";
}
