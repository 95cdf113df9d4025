using System.Net.Sockets;
using Dfu.Protocol.Errors;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Bus;

/// <summary>The way to a bus and to the bluetoothd on it, and what to tell people when there is none.</summary>
internal static class BusOpening
{
    public const string Service = "org.bluez";

    private static readonly TimeSpan Activation = TimeSpan.FromSeconds(3);

    /// <exception cref="DfuException">AdapterNotFound.</exception>
    public static async Task<Connection> ConnectAsync(string address, TimeProvider time, CancellationToken cancellationToken)
    {
        var connection = NewConnection(address);
        try
        {
            await connection.ConnectAsync().AnsweredAsync(BlueZTimes.Answer, time, cancellationToken);
            return connection;
        }
        catch (Exception e)
        {
            connection.Dispose();
            if (!e.IsBusTrouble()) throw;
            throw new DfuException(DfuError.AdapterNotFound, Unusable(address, e), e);
        }
    }

    /// <returns>The unique name of the bluetoothd that runs now; one that the bus can start is started.</returns>
    /// <exception cref="DfuException">AdapterNotFound.</exception>
    public static async Task<string> OwnerAsync(Connection connection, TimeProvider time, CancellationToken cancellationToken)
    {
        Exception? refused = null;
        try
        {
            if (await connection.ResolveServiceOwnerAsync(Service).AnsweredAsync(BlueZTimes.Answer, time, cancellationToken) is { Length: > 0 } running)
                return running;
            await connection.ActivateServiceAsync(Service).AnsweredAsync(Activation, time, cancellationToken);
        }
        catch (Exception e) when (e.IsBusTrouble())
        {
            refused = e;
        }

        try
        {
            if (await connection.ResolveServiceOwnerAsync(Service).AnsweredAsync(BlueZTimes.Answer, time, cancellationToken) is { Length: > 0 } started)
                return started;
        }
        catch (Exception e) when (e.IsBusTrouble())
        {
            refused = e;
        }

        throw Missing(refused);
    }

    /// <summary>Says what an answer of the bus means for somebody who wants a dongle.</summary>
    public static DfuException Missing(Exception? e) => e switch
    {
        DBusException { ErrorName: "org.freedesktop.DBus.Error.AccessDenied" } => new(
            DfuError.AdapterNotFound,
            $"the bus does not let {Environment.UserName} talk to bluetoothd: 'sudo usermod -aG bluetooth {Environment.UserName}' and log in again", e),
        TimeoutException => new(DfuError.AdapterNotFound, "bluetoothd does not answer: 'systemctl restart bluetooth'", e),
        _ => new(DfuError.AdapterNotFound, "bluetoothd is not running: 'systemctl start bluetooth'", e),
    };

    /// <summary>Whether nobody listens, rather than somebody who does not want us.</summary>
    public static bool IsAbsence(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            // A missing socket file is AddressNotAvailable.
            if (cause is SocketException
                {
                    SocketErrorCode: SocketError.AddressNotAvailable or SocketError.ConnectionRefused
                        or SocketError.HostNotFound or SocketError.HostUnreachable or SocketError.NetworkUnreachable,
                })
                return true;
        }

        return false;
    }

    /// <summary>The address for people: of a socket its path.</summary>
    public static string Place(string address) => address.Replace("unix:path=", "", StringComparison.Ordinal);

    private static string Unusable(string address, Exception failure)
    {
        var absent = IsAbsence(failure);
        var what = absent ? $"there is no D-Bus system bus at {Place(address)}"
            : failure is TimeoutException ? $"the D-Bus system bus at {Place(address)} does not answer"
            : $"the D-Bus system bus at {Place(address)} cannot be used ({failure.Message})";
        return address != BlueZOptions.StandardBus
            ? $"{what}: correct or unset DBUS_SYSTEM_BUS_ADDRESS"
            : absent ? $"{what}: 'systemctl start dbus'" : $"{what}: see 'systemctl status dbus'";
    }

    private static Connection NewConnection(string address)
    {
        try
        {
            // Continuations that ran on the reading thread would keep the bus from being read.
            return new(new ClientConnectionOptions(address) { RunContinuationsAsynchronously = true });
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw new DfuException(DfuError.AdapterNotFound, $"'{address}' is not a D-Bus address", e);
        }
    }
}
