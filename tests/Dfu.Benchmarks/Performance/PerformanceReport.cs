namespace Dfu.Benchmarks.Performance;

/// <summary>The tables of docs/PERFORMANCE.md that are measured in virtual time, and its plots.</summary>
internal static class PerformanceReport
{
    /// <param name="plots">Folder for the plots; null for none.</param>
    public static void Print(string? plots)
    {
        if (plots is not null) Directory.CreateDirectory(plots);
        OneTransfer.Print(plots);
        Console.WriteLine();
        LostAnswers.Print(plots);
        Console.WriteLine();
        SavesAndDrops.Print(plots);
        Console.WriteLine();
        SharedRadio.Print(plots);
    }
}
