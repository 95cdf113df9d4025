using System.Runtime.InteropServices;

namespace Dfu.Fuzz.Engine;

/// <summary>What is wrong with how a parser took an input.</summary>
/// <param name="Kind">The same for inputs that find the same.</param>
internal sealed record Verdict(string Kind, string Text);

/// <summary>Runs one input, and looks at what it threw, took and allocated.</summary>
internal sealed partial class Judge(IFuzzTarget target)
{
    /// <summary>Far more than any input of some kilobytes may cost.</summary>
    public const long MostAllocated = 64L << 20;

    /// <summary>Time of the processor on this thread: it does not grow when others need the processor too.</summary>
    public static readonly TimeSpan MostTime = TimeSpan.FromSeconds(2);

    /// <summary>Of the input that was judged last.</summary>
    public TimeSpan Took { get; private set; }

    /// <returns>Null when all is well.</returns>
    public Verdict? Try(byte[] input)
    {
        var (allocated, began) = (GC.GetAllocatedBytesForCurrentThread(), ThreadTime());
        var verdict = Run(input);
        Took = ThreadTime() - began;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        if (verdict is not null) return verdict;
        if (allocated > MostAllocated) return new("allocates", $"allocates {allocated >> 20} MB for {input.Length} bytes");
        if (Took <= MostTime || Again(input) is var least && least <= MostTime) return null;
        return new("slow", $"takes {least.TotalSeconds:0.0} s for {input.Length} bytes");
    }

    private Verdict? Run(byte[] input)
    {
        try
        {
            target.Run(input);
            return null;
        }
#pragma warning disable CA1031 // What a parser throws is what this looks for.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var where = (e.StackTrace ?? "").Split('\n').Select(static line => line.Split(" in ")[0].Trim())
                .Where(static line => line.StartsWith("at Dfu.", StringComparison.Ordinal)).Take(2);
            return new($"{e.GetType().Name} {string.Join(' ', where)}", e is Flaw ? e.Message : e.ToString());
        }
    }

    /// <summary>The least of two more runs: the first one compiles, and may collect the garbage of others.</summary>
    private TimeSpan Again(byte[] input)
    {
        var least = TimeSpan.MaxValue;
        for (var i = 0; i < 2; i++)
        {
            var began = ThreadTime();
            Run(input);
            if (ThreadTime() - began is var took && took < least) least = took;
        }

        return least;
    }

    /// <summary>Zero where the system does not tell.</summary>
    private static TimeSpan ThreadTime() =>
        OperatingSystem.IsLinux() && ClockGetTime(3, out var time) == 0 ? new(time.Seconds * TimeSpan.TicksPerSecond + time.Nanoseconds / 100) : default;

    /// <param name="clock">3 is CLOCK_THREAD_CPUTIME_ID.</param>
    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ClockGetTime(int clock, out Timespec time);

    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
