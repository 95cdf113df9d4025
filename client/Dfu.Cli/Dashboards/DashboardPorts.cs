using System.Net;
using System.Net.Sockets;

namespace Dfu.Cli.Dashboards;

/// <summary>Ports of this machine for a dashboard; 0 lets the system choose.</summary>
/// <param name="Asked">Those that somebody wants and no other.</param>
internal sealed record DashboardPorts(int Page, int OtlpHttp, int OtlpGrpc, IReadOnlyCollection<int> Asked)
{
    private const int UsualPage = 18888;
    private const int UsualOtlpHttp = 4318;
    private const int UsualOtlpGrpc = 4317;

    /// <param name="page">The port that somebody wants; null for the usual one, or another where that is taken.</param>
    public static DashboardPorts Choose(int? page, int? otlpHttp)
    {
        int[] asked = [.. new[] { page, otlpHttp }.OfType<int>()];
        return new(page ?? Usual(UsualPage), otlpHttp ?? Usual(UsualOtlpHttp), Usual(UsualOtlpGrpc), asked);

        int Usual(int port) => !asked.Contains(port) && IsFree(port) ? port : 0;
    }

    /// <summary>Where a usual one was taken in the moment between.</summary>
    public DashboardPorts Others() => new(Other(Page), Other(OtlpHttp), 0, Asked);

    private int Other(int port) => Asked.Contains(port) ? port : 0;

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
