using System.CommandLine;
using Dfu.Cluster.Scenario;
using Dfu.Fuzz.Engine;
using Dfu.Fuzz.Targets;

namespace Dfu.Fuzz;

/// <summary>What the command line asks for.</summary>
internal sealed record FuzzOptions
{
    public required IReadOnlyList<IFuzzTarget> Targets { get; init; }

    public required FuzzOrder Order { get; init; }

    public bool Keep { get; init; }

    public byte[]? Replay { get; init; }

    /// <summary>It is the process whose parsers are instrumented.</summary>
    public bool IsInstrumented { get; init; }

    public static RootCommand Command(Func<FuzzOptions, int> run)
    {
        string[] names = [.. FuzzTargets.All.Select(static target => target.Name)];
        var targets = new Option<string[]>("--target") { Description = "this target only, repeated for more", HelpName = "NAME" }.AcceptOnlyFromAmong(names);
        var inputs = CommandLines.Whole("--inputs", "inputs of each target", 1_000_000);
        var minutes = CommandLines.Number("--minutes", "at most so long for each target; 0 is as long as it takes", 0);
        var seed = CommandLines.Whole("--seed", "another run; the same seed gives the same one", 1);
        var keep = new Option<bool>("--keep") { Description = "write the smallest corpus that takes all ways that were found to tests/Dfu.Fuzz/corpus" };
        var replay = CommandLines.Input("--replay", "run this one input of the one target");
        var instrumented = new Option<bool>(InstrumentedCopy.Mark) { Hidden = true };
        var command = new RootCommand($"Feeds parsers with inputs that take ever new ways. Targets: {string.Join(' ', names)}")
        {
            targets, inputs, minutes, seed, keep, replay, instrumented,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(replay) is { Tokens: [var file] } && result.GetResult(targets) is not { Tokens.Count: 1 })
                result.AddError($"--replay: '{file.Value}' is an input of one target, name it with --target");
        });
        command.SetAction(result => run(new()
        {
            Targets = result.GetValue(targets) is [_, ..] named ? [.. FuzzTargets.All.Where(target => named.Contains(target.Name))] : FuzzTargets.All,
            Order = new(result.GetValue(inputs), result.GetValue(minutes) is > 0 and var most ? TimeSpan.FromMinutes(most) : null, result.GetValue(seed)),
            Keep = result.GetValue(keep),
            Replay = result.GetValue(replay),
            IsInstrumented = result.GetValue(instrumented),
        }));
        return command;
    }
}
