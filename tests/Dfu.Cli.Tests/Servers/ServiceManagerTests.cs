using System.Net.Sockets;
using Dfu.Cli.Servers;

namespace Dfu.Cli.Tests.Servers;

public sealed class ServiceManagerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Who_started_the_server_is_told_that_it_is_ready(bool inKernel)
    {
        if (!OperatingSystem.IsLinux()) return;
        var folder = Directory.CreateTempSubdirectory("dfu-notify-");
        var name = Path.Combine(folder.FullName, "s");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(inKernel ? $"\0{name}" : name));
        ServiceManager.Ready(inKernel ? $"@{name}" : name, Assert.Fail);
        var told = new byte[64];
        Assert.Equal("READY=1", System.Text.Encoding.ASCII.GetString(told, 0, manager.Receive(told)));
        folder.Delete(true);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("/nowhere/notify", "dfu: warning: NOTIFY_SOCKET is /nowhere/notify, where nobody could be told that the server is ready: ")]
    public void Who_does_not_ask_or_is_gone_keeps_no_server_from_serving(string? socket, string? warning)
    {
        var said = new List<string>();
        ServiceManager.Ready(socket, said.Add);
        if (warning is null) Assert.Empty(said);
        else Assert.StartsWith(warning, Assert.Single(said), StringComparison.Ordinal);
    }
}
