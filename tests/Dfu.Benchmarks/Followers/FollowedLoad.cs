using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Dfu.Benchmarks.Followers;

/// <summary>What a <see cref="FollowedServer"/> has.</summary>
/// <param name="Active">Devices that are sent something.</param>
internal sealed record FollowedLoad(int Devices, int Active)
{
    public int SiloPort { get; init; }
    public int GatewayPort { get; init; }

    /// <summary>For events; 0 for none.</summary>
    public int WebPort { get; init; }

    /// <summary>The address from which on devices wait, in the process that serves them.</summary>
    public static ulong FirstIdle { get; private set; }

    public static FollowedLoad Parse(string[] words)
    {
        int[] numbers = [.. words.Select(static word => int.Parse(word, CultureInfo.InvariantCulture))];
        FirstIdle = FollowedServer.Address(numbers[1]).Value;
        return new(numbers[0], numbers[1]) { SiloPort = numbers[2], GatewayPort = numbers[3], WebPort = numbers[4] };
    }

    /// <summary>A process that serves it until its standard input is closed; its first line is the campaign.</summary>
    public Process Start()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet") start.ArgumentList.Add(typeof(FollowedLoad).Assembly.Location);
        start.ArgumentList.Add(FollowedServer.Role);
        foreach (var number in new[] { Devices, Active, SiloPort, GatewayPort, WebPort }) start.ArgumentList.Add(number.ToString(CultureInfo.InvariantCulture));
        return Process.Start(start)!;
    }

    public static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(static _ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners) listener.Start();
        int[] ports = [.. listeners.Select(static listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }
}
