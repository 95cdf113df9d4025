namespace Dfu.Cluster.Tests.Children;

/// <summary>The suite's assembly started as a process of its own, for tests that kill one. The first argument is what to be.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        // A test run that dies takes its children along.
        _ = Task.Run(() =>
        {
            Console.In.ReadToEnd();
            Environment.Exit(1);
        });
        return arguments switch
        {
            [SqliteWriter.Role, var directory] => await SqliteWriter.RunAsync(directory),
            [PostgresSilo.Role, var connection, var name] => await PostgresSilo.RunAsync(connection, name),
            _ => 2,
        };
    }
}
