using System.Net;
using System.Net.Sockets;

namespace Dfu.Cluster.Scenario.Chaos;

/// <summary>What this program is when it stands for a bridge: it passes on what a member and the radios say to each other, until it is killed.</summary>
internal static class Relay
{
    public const string Role = "relay";

    public static async Task<int> RunAsync(string listen, string target)
    {
        var listener = new TcpListener(IPEndPoint.Parse(listen));
        listener.Start();
        Console.WriteLine("ready");
        while (true) _ = PassAsync(await listener.AcceptTcpClientAsync(), IPEndPoint.Parse(target));
    }

    private static async Task PassAsync(TcpClient from, IPEndPoint target)
    {
        using var near = from;
        using var far = new TcpClient();
        try
        {
            await far.ConnectAsync(target);
            near.NoDelay = far.NoDelay = true;
            await Task.WhenAny(near.GetStream().CopyToAsync(far.GetStream()), far.GetStream().CopyToAsync(near.GetStream()));
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // One end is gone, and so the other is let go.
        }
    }
}
