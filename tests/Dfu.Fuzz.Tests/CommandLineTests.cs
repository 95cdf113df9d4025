using Dfu.Cluster.Scenario;

namespace Dfu.Fuzz.Tests;

/// <summary>Of this program and of the others that use the same: benchmarks and scenarios.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private FuzzOptions? _asked;

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("--seed", "2", "--help")]
    public async Task Help_is_told_and_nothing_is_run(params string[] arguments)
    {
        Assert.Equal(0, await RunAsync(arguments));
        Assert.Contains("--inputs", $"{_output}", StringComparison.Ordinal);
        Assert.Equal(("", null), ($"{_error}", _asked));
    }

    [Theory]
    [InlineData("'--input' is not understood", "--input", "5")]
    [InlineData("'yaml' is not understood", "yaml")]
    [InlineData("--inputs: 'x' is not a number from 0 to 2147483647", "--inputs", "x")]
    [InlineData("--minutes: '-1' is not a number from 0 to 60000", "--minutes", "-1")]
    [InlineData("--seed", "--seed")]
    [InlineData("'nobody'", "--target", "nobody")]
    [InlineData("--replay: '/no/such/file' cannot be read (", "--replay", "/no/such/file", "--target", "yaml")]
    [InlineData("--replay: '/' cannot be read (", "--replay", "/", "--target", "yaml")]
    [InlineData("--replay: '/dev/null' is an input of one target, name it with --target", "--replay", "/dev/null")]
    [InlineData("--replay: '/dev/null' is an input of one target", "--replay", "/dev/null", "--target", "yaml", "--target", "csv")]
    public async Task What_is_not_understood_is_refused_by_name_in_one_line(string said, params string[] arguments)
    {
        Assert.Equal(2, await RunAsync(arguments));
        Assert.Contains(said, $"{_error}", StringComparison.Ordinal);
        Assert.EndsWith("; --help tells what is\n", $"{_error}", StringComparison.Ordinal);
        Assert.Equal(1, $"{_error}".Count(static character => character == '\n'));
        Assert.Equal(("", null), ($"{_output}", _asked));
    }

    [Fact]
    public async Task What_is_understood_is_run_and_its_exit_code_is_the_commands()
    {
        Assert.Equal(7, await RunAsync(["--target", "yaml", "--target", "csv", "--minutes", "0.5", "--seed", "3"]));
        Assert.Equal(["csv", "yaml"], _asked!.Targets.Select(static target => target.Name));
        Assert.Equal(new(1_000_000, TimeSpan.FromSeconds(30), 3), _asked.Order);
        Assert.False(_asked.Keep || _asked.IsInstrumented);
        Assert.Equal(7, await RunAsync([]));
        Assert.Equal((null, 15), (_asked.Order.For, _asked.Targets.Count));
    }

    [Fact]
    public async Task An_input_is_replayed_with_its_target()
    {
        Assert.Equal(7, await RunAsync(["--target", "yaml", "--replay", "/dev/null"]));
        Assert.Empty(_asked!.Replay!);
        Assert.Equal("yaml", Assert.Single(_asked.Targets).Name);
    }

    private Task<int> RunAsync(string[] arguments) => FuzzOptions.Command(options =>
    {
        _asked = options;
        return 7;
    }).RunAsync(arguments, _output, _error);
}
