using System.Globalization;

namespace Dfu.BlueZ.Rig.Scenario;

/// <summary>What the rig prints: a line a step with the time since the beginning, a table of updates at the end, and the counts of checks.</summary>
internal sealed class Transcript
{
    private readonly long _began = TimeProvider.System.GetTimestamp();
    private readonly List<string[]> _rows =
        [["", "devices", "adapters", "MTU", "bytes", "sent twice", "seconds", "rate", "retries", "resumes", "disturbances"]];
    private readonly List<string> _wrong = [];

    public int Passed { get; private set; }

    public int Failed { get; private set; }

    public double Elapsed => TimeProvider.System.GetElapsedTime(_began).TotalSeconds;

    public void Step(string what) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Elapsed,6:0.0} s  {what}"));

    public void Row(params string[] cells) => _rows.Add(cells);

    /// <summary>Counts a check of the step under way.</summary>
    /// <param name="otherwise">What is wrong when it does not hold.</param>
    public void Must(bool holds, string otherwise)
    {
        if (holds)
        {
            Passed++;
            return;
        }

        Failed++;
        _wrong.Add(otherwise);
    }

    /// <summary>The line of the step, and what is wrong about it.</summary>
    public void StepEnds(string what)
    {
        Step($"{(_wrong.Count == 0 ? "ok    " : "FAILED")}  {what}");
        foreach (var wrong in _wrong) Console.WriteLine($"{"",18}{wrong.ReplaceLineEndings($"\n{"",18}")}");
        _wrong.Clear();
    }

    public void End()
    {
        if (_rows.Count > 1)
        {
            Console.WriteLine();
            var widths = Enumerable.Range(0, _rows[0].Length).Select(column => _rows.Max(row => row[column].Length)).ToArray();
            foreach (var row in _rows)
                Console.WriteLine(
                    "  " + string.Join("  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))));
        }

        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Passed} checks passed, {Failed} failed"));
    }
}
