using Dfu.Cli.Arguments;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Tests.Arguments;

public sealed class SecretVariableTests : IDisposable
{
    // Variables belong to the process: these are nobody else's.
    private const string Variable = "DFU_TEST_OF_SECRETS";
    private readonly string _file = Path.GetTempFileName();

    public void Dispose()
    {
        foreach (var name in new[] { Variable, Variable + "_FILE" }) Environment.SetEnvironmentVariable(name, null);
        File.Delete(_file);
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("own", null, "own")]
    [InlineData(null, "of the file\n", "of the file")]
    [InlineData(null, "of the file\r\nand more\n", "of the file")]
    [InlineData("own", "of the file\n", "own")]
    [InlineData(" ", "of the file", "of the file")]
    public void A_secret_is_the_variable_itself_or_the_first_line_of_its_file(string? own, string? content, string? expected)
    {
        Environment.SetEnvironmentVariable(Variable, own);
        if (content is not null)
        {
            File.WriteAllText(_file, content);
            Environment.SetEnvironmentVariable(Variable + "_FILE", _file);
        }

        Assert.Equal(expected, SecretVariable.Read(Variable));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\nof the second line\n")]
    public void A_file_without_a_secret_is_said(string content)
    {
        File.WriteAllText(_file, content);
        Environment.SetEnvironmentVariable(Variable + "_FILE", _file);
        var refusal = Assert.Throws<DfuException>(() => SecretVariable.Read(Variable));
        Assert.Equal(DfuError.InvalidArgument, refusal.Error);
        Assert.Equal($"{_file}, the file that {Variable}_FILE names, has nothing in its first line", refusal.Message);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_said()
    {
        Environment.SetEnvironmentVariable(Variable + "_FILE", _file + ".none");
        var refusal = Assert.Throws<DfuException>(() => SecretVariable.Read(Variable));
        Assert.Equal(DfuError.InvalidArgument, refusal.Error);
        Assert.StartsWith($"{_file}.none, the file that {Variable}_FILE names, cannot be read: ", refusal.Message, StringComparison.Ordinal);
    }
}
