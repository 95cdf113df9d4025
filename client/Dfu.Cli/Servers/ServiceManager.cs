using System.Net.Sockets;

namespace Dfu.Cli.Servers;

/// <summary>What started the server as a service, where it wants to be told when the server is ready (systemd, <c>Type=notify</c>).</summary>
internal static class ServiceManager
{
    public const string Variable = "NOTIFY_SOCKET";

    /// <param name="socket">Where it is told: a path, or a name in the kernel that begins with '@'; null or empty where nobody asks.</param>
    /// <param name="say">Gets a line when it cannot be told; the server serves all the same.</param>
    public static void Ready(string? socket, Action<string> say)
    {
        if (string.IsNullOrEmpty(socket)) return;
        try
        {
            using var sender = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            sender.SendTo("READY=1"u8, new UnixDomainSocketEndPoint(socket[0] == '@' ? $"\0{socket.AsSpan(1)}" : socket));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            say($"dfu: warning: {Variable} is {socket}, where nobody could be told that the server is ready: {e.Message}");
        }
    }
}
