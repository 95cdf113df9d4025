using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Dfu.Grains.Connections;
using Dfu.Protocol.Timing;
using Dfu.Silo.Telemetry;
using Microsoft.Extensions.Logging;

namespace Dfu.Cluster.Tests.Telemetry;

public sealed class LineLogTests
{
    [Theory]
    [InlineData("the storage failed\r\nExc level 0: NpgsqlException\n   at Npgsql.Read()", "the storage failed")]
    [InlineData("\nthe storage failed \n \nExc level 0", "the storage failed")]
    [InlineData("the storage failed", "the storage failed")]
    [InlineData("", "")]
    public void Of_an_error_operators_get_what_happened_and_no_stack_trace(string message, string told)
    {
        var lines = new List<string>();
        using var log = new LineLog(lines.Add, LogLevel.Warning, TimeProvider.System);
        log.CreateLogger("Dfu.Grains").Log(LogLevel.Error, default, "a radio stops", new InvalidOperationException(message), static (text, _) => text);
        Assert.Equal($"Dfu.Grains: a radio stops InvalidOperationException: {told}", Assert.Single(lines));
    }

    [Theory]
    [InlineData(LogLevel.None, "Dfu.Grains", null)]
    [InlineData(LogLevel.Error, "Dfu.Grains", LogLevel.Error)]
    [InlineData(LogLevel.Warning, "Dfu.Grains", LogLevel.Warning)]
    [InlineData(LogLevel.Trace, "Dfu.Grains", LogLevel.Trace)]
    [InlineData(LogLevel.Warning, "Orleans.Runtime.Silo", LogLevel.Critical)]
    [InlineData(LogLevel.Information, "Orleans.Runtime.Silo", LogLevel.Error)]
    [InlineData(LogLevel.Trace, "Orleans.Runtime.Silo", LogLevel.Information)]
    [InlineData(LogLevel.None, "Orleans.Runtime.Silo", null)]
    public void The_level_says_from_where_on_lines_are_told(LogLevel level, string category, LogLevel? first)
    {
        var lines = new List<string>();
        using var log = new LineLog(lines.Add, level, TimeProvider.System);
        var logger = log.CreateLogger(category);
        for (var at = LogLevel.Trace; at <= LogLevel.Critical; at++) logger.Log(at, default, "text", null, static (text, _) => text);
        Assert.Equal(first is null ? 0 : LogLevel.Critical - first + 1, lines.Count);
    }

    [Theory]
    [InlineData("Host=db;Username=dfu;Password=geheim;Database=dfu")]
    [InlineData("Host=db;Password = \"ge;heim\"")]
    [InlineData("host=db;pwd=geheim")]
    public void No_line_holds_a_password(string connection)
    {
        var lines = new List<string>();
        using var log = new LineLog(lines.Add, LogLevel.Trace, TimeProvider.System);
        log.CreateLogger("Dfu.Grains").Log(LogLevel.Error, default, connection, new InvalidOperationException(connection), static (text, _) => text);
        Assert.DoesNotContain("heim", Assert.Single(lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LogLevel.Debug, 1)]
    [InlineData(LogLevel.Warning, 0)]
    public void Failures_that_change_nothing_are_told_to_those_who_look_closely(LogLevel level, int told)
    {
        var lines = new List<string>();
        using (new LineLog(lines.Add, level, TimeProvider.System)) Background.Overlook("close a thing of this test", new IOException("it is gone"));
        Background.Overlook("close a thing of this test", new IOException("nobody looks any more"));
        var mine = lines.Where(static line => line.Contains("a thing of this test", StringComparison.Ordinal)).ToArray();
        Assert.Equal(told, mine.Length);
        Assert.All(mine, static line => Assert.Equal("debug: could not close a thing of this test, which changed nothing: IOException: it is gone", line));
    }

    public static TheoryData<Exception, string?, string> Handshakes => new()
    {
        { new AuthenticationException("unreadable"), null, Refused + "it has no certificate of this cluster, or does not speak TLS (unreadable)" },
        { new AuthenticationException("refused"), "'north' has expired", Refused + "its certificate 'north' has expired" },
        { new TaskCanceledException(), null, "info: a connection from 10.0.0.7 ended before its TLS handshake was done" },
        { new IOException("Received an unexpected EOF or 0 bytes from the transport stream."), null, Gone },
        { new IOException("Connection reset by peer", new SocketException((int)SocketError.ConnectionReset)), null, Gone },
    };

    private const string Refused = "warning: refused a connection from 10.0.0.7: ";
    private const string Gone = "debug: a connection from 10.0.0.7 ended before its TLS handshake was done";

    [Theory]
    [MemberData(nameof(Handshakes))]
    public void Only_who_shows_that_it_is_not_of_the_cluster_is_said_to_be_refused(Exception failure, string? flaw, string told)
    {
        var lines = new List<string>();
        using var log = new LineLog(lines.Add, LogLevel.Debug, TimeProvider.System);
        TlsPeer.Begin(new IPEndPoint(IPAddress.Parse("10.0.0.7"), 40000)).Flaw = flaw;
        var logger = log.CreateLogger("Orleans.Connections.Security.TlsServerConnectionMiddleware");
        logger.Log(LogLevel.Warning, default, "Authentication failed", failure, static (text, _) => text);
        logger.Log(LogLevel.Warning, default, "Authentication failed", failure, static (text, _) => text);
        Assert.Equal(told, Assert.Single(lines));
    }
}
