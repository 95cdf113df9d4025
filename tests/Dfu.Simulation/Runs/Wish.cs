namespace Dfu.Simulation.Runs;

/// <summary>Something that one operator asks for, until somebody answers.</summary>
/// <param name="By">The operator, who asks for nothing else.</param>
/// <param name="IsKeyed">Asked for with a key: however often it arrives, it is carried out once.</param>
internal sealed record Wish(string By, bool IsKeyed)
{
    /// <summary>How often it came to whoever carries it out: messages come twice, and who hears no answer asks again.</summary>
    public int Arrived { get; set; }

    /// <summary>It was acknowledged as something that changed, so the audit has it.</summary>
    public bool MustBeWritten { get; set; }

    public int MostEntries => IsKeyed ? 1 : Arrived;
}
