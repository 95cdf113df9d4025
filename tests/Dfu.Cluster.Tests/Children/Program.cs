using Dfu.Cluster.Tests.Storage.Kills;

namespace Dfu.Cluster.Tests.Children;

/// <summary>The suite's assembly started as a process of its own, for tests that kill one. The first argument is what to be.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        if (arguments is [KillRun.Role, .. var options]) return await KillRun.RunAsync(options);

        // A test run that dies takes its children along.
        _ = Task.Run(() =>
        {
            Console.In.ReadToEnd();
            Environment.Exit(1);
        });
        return arguments switch
        {
            [SqliteWriter.Role, var directory, var run] => await SqliteWriter.RunAsync(directory, run),
            [FullDiskWriter.Role, var directory, var spare] => await FullDiskWriter.RunAsync(directory, spare),
            [PostgresSilo.Role, var connection, var name] => await PostgresSilo.RunAsync(connection, name),
            [ServerProcess.Role, var name, var directory, var connection, var adapter, var port] =>
                await ServerProcess.RunAsync(name, directory, connection, adapter, port),
            _ => 2,
        };
    }
}
