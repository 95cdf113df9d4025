using Dfu.Silo.Adapters;
using Dfu.Silo.Serve;

namespace Dfu.Cluster.Tests.Children;

/// <summary>What <c>dfu serve</c> runs, until it is killed; prints <c>ready ADDRESS</c> and what its operator is told, or its refusal.</summary>
internal static class ServerProcess
{
    public const string Role = "server";

    /// <param name="connection">Empty serves alone.</param>
    /// <param name="adapter">Empty has no radio.</param>
    public static async Task<int> RunAsync(string name, string directory, string connection, string adapter, string gatewayPort)
    {
        var ready = false;
        try
        {
            await FleetServer.RunAsync(
                new()
                {
                    Name = name,
                    DataDirectory = directory,
                    Adapters = adapter.Length == 0 ? [] : AdapterSpec.Parse(adapter),
                    Connection = connection.Length == 0 ? null : connection,
                    GatewayPort = int.Parse(gatewayPort, System.Globalization.CultureInfo.InvariantCulture),
                    Ready = gateway =>
                    {
                        Console.WriteLine($"ready {gateway}");
                        ready = true;
                    },
                    Say = line =>
                    {
                        if (ready) Console.WriteLine(line);
                    },
                },
                TimeProvider.System,
                CancellationToken.None);
            return 0;
        }
        catch (Dfu.Protocol.Errors.DfuException refusal)
        {
            Console.WriteLine($"{refusal.Error}: {refusal.Message}");
            return 1;
        }
    }
}
