using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dfu.Fuzz.Engine;

namespace Dfu.Fuzz;

/// <summary>Runs targets, each in a process of its own, for an input may end its process. Exit code 1 when something was found.</summary>
internal static class FuzzProgram
{
    /// <summary>Most bytes of a target's corpus.</summary>
    private const int Room = 9000;

    private static readonly TimeSpan Hangs = TimeSpan.FromSeconds(60);

    public static int Run(FuzzOptions options)
    {
        if (options.Replay is { } input) return Replay(options.Targets[0], input);
        if (options.IsInstrumented) return RunHere(options, options.Targets[0]);
        using var stop = new CancellationTokenSource();
        using var ctrlC = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Stop(signal, stop));
        using var copy = InstrumentedCopy.Make(Root());
        Console.WriteLine(FuzzResult.Head);
        var code = 0;
        foreach (var target in options.Targets.TakeWhile(_ => !stop.IsCancellationRequested))
        {
            var ended = copy.Run(Arguments(options, target));
            code = Math.Max(code, Math.Min(ended, 1));
            if (ended is not (0 or 1)) TellOfDeath(target, copy.LastOf(target), ended);
        }

        return code;
    }

    /// <summary>Ctrl-C: what was done until then is told.</summary>
    private static void Stop(PosixSignalContext signal, CancellationTokenSource stop)
    {
        signal.Cancel = true;
        stop.Cancel();
    }

    private static int Replay(IFuzzTarget target, byte[] input)
    {
        var verdict = new Judge(target).Try(input);
        Console.WriteLine(verdict?.Text ?? "nothing is wrong");
        return verdict is null ? 0 : 1;
    }

    private static int RunHere(FuzzOptions options, IFuzzTarget target)
    {
        using var stop = new CancellationTokenSource();
        using var ctrlC = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Stop(signal, stop));
        var coverage = Coverage.Attach();
        using var last = new LastInput(InstrumentedCopy.FileOfLast(target), target.Longest);
        using var watch = TimeProvider.System.CreateTimer(_ => last.EndIfSame(), null, Hangs, Hangs);
        var findings = new Findings(Folder("findings"), target.Name);
        var run = new FuzzRun(target, coverage, findings, TimeProvider.System, last.Note);
        var corpus = Path.Combine(Root(), "tests", "Dfu.Fuzz", "corpus");
        var known = CorpusFile.Read(corpus, target.Name);
        var result = run.Run(options.Order, known, told => Console.WriteLine($"{target.Name}: {told}"), stop.Token);
        Console.WriteLine(result);
        if (options.Keep) CorpusFile.Write(corpus, target.Name, run.Corpus!.Minimised(run.WaysOf, Room));
        last.Forget();
        return findings.Count > 0 ? 1 : 0;
    }

    /// <summary>The process ended in the middle of an input: by a stack that overflowed, for want of memory, or because it hung.</summary>
    private static void TellOfDeath(IFuzzTarget target, byte[] input, int code)
    {
        var what = code == LastInput.Hung ? $"hangs for {Hangs.TotalSeconds:0} s and more" : $"ends the process with code {code}";
        var findings = new Findings(Folder("findings"), target.Name);
        Console.WriteLine($"{target.Name}: {findings.Add(input, new(what, what))}");
    }

    private static IEnumerable<string> Arguments(FuzzOptions options, IFuzzTarget target)
    {
        yield return "--target";
        yield return target.Name;
        yield return "--inputs";
        yield return options.Order.Inputs.ToString(CultureInfo.InvariantCulture);
        yield return "--seed";
        yield return options.Order.Seed.ToString(CultureInfo.InvariantCulture);
        if (options.Order.For is { } time)
        {
            yield return "--minutes";
            yield return time.TotalMinutes.ToString(CultureInfo.InvariantCulture);
        }

        if (options.Keep) yield return "--keep";
    }

    private static string Folder(string name) => Directory.CreateDirectory(Path.Combine(Root(), ".dfu", "fuzz", name)).FullName;

    /// <summary>The checkout that this was built from.</summary>
    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
}
