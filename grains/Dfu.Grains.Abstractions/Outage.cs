using System.Data.Common;
using System.Net.Sockets;
using Dfu.Protocol.Errors;
using Orleans.Runtime.Messaging;

namespace Dfu.Grains;

/// <summary>Failures of calls that pass by themselves: a member died, a database is away.</summary>
public static class Outage
{
    public static bool Is(Exception e) => e switch
    {
        OrleansConfigurationException => false,
        OrleansException or TimeoutException or ConnectionFailedException or SocketException or IOException or DbException => true,
        DfuException failure => failure.Error is DfuError.DatabaseUnavailable or DfuError.ServerUnreachable,
        _ => false,
    };
}
