using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Dfu.Adapters.BlueZ.Tests.StandIn.Wire;

/// <summary>An answer to a call: values, and a file descriptor to go with them, which the connection closes.</summary>
internal sealed record Reply(string Signature, object[] Values, SafeFileHandle? Descriptor = null)
{
    public static Reply Nothing { get; } = new("", []);
}

/// <summary>A refused call, by the name and text that the caller is to see.</summary>
internal sealed class BusError(string name, string text) : Exception(text)
{
    public string Name => name;
}

/// <summary>A service's connection to a bus: answers calls and sends signals.</summary>
internal sealed class ServiceConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly ConcurrentDictionary<uint, TaskCompletionSource<DBusMessage>> _calls = new();
    private readonly Lock _sending = new();
    private readonly Action<DBusMessage> _received;
    private readonly Action _ended;
    private uint _serial;
    private volatile bool _closed;

    /// <param name="received">Called on the reading thread for calls and signals.</param>
    /// <param name="ended">Called once on the reading thread when the bus has gone.</param>
    private ServiceConnection(Action<DBusMessage> received, Action ended) => (_received, _ended) = (received, ended);

    public static async Task<ServiceConnection> OpenAsync(string path, string name, Action<DBusMessage> received, Action ended)
    {
        var connection = new ServiceConnection(received, ended);
        try
        {
            connection._socket.Connect(new UnixDomainSocketEndPoint(path));
            connection.Authenticate();
            new Thread(connection.Read) { IsBackground = true, Name = $"D-Bus service {name}" }.Start();
            await connection.CallBusAsync("Hello", "");
            await connection.CallBusAsync("AddMatch", "s", "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'");
            await connection.CallBusAsync("RequestName", "su", name, 4u);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public void Signal(string path, string @interface, string member, string signature, params object[] values) =>
        Send(new(MessageKind.Signal) { Path = path, Interface = @interface, Member = member, Signature = signature, Body = values });

    public void Answer(DBusMessage call, Reply reply)
    {
        using (reply.Descriptor)
        {
            if (!call.WantsReply) return;
            var message = new DBusMessage(MessageKind.Return)
            {
                ReplyTo = call.Serial, Destination = call.Sender, Signature = reply.Signature, Body = reply.Values, FileDescriptors = reply.Descriptor is null
                    ? 0u
                    : 1u,
            };
            Send(message, reply.Descriptor);
        }
    }

    public void Refuse(DBusMessage call, string error, string text)
    {
        if (call.WantsReply)
            Send(new(MessageKind.Error) { ReplyTo = call.Serial, Destination = call.Sender, ErrorName = error, Signature = "s", Body = [text] });
    }

    /// <summary>Leaves the bus at once, as a process that dies does.</summary>
    public void Dispose()
    {
        if (_closed) return;
        _closed = true;
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The bus was faster.
        }

        _socket.Dispose();
    }

    private async Task<DBusMessage> CallBusAsync(string member, string signature, params object[] values)
    {
        const string Bus = "org.freedesktop.DBus";
        var answer = new TaskCompletionSource<DBusMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        Send(
            new(MessageKind.Call) { Path = "/org/freedesktop/DBus", Interface = Bus, Member = member, Destination = Bus, Signature = signature, Body = values },
            null, answer);
        var message = await answer.Task;
        return message.Kind == MessageKind.Return ? message : throw new BusError(message.ErrorName, $"{member}: {message.Body.FirstOrDefault()}");
    }

    private void Send(DBusMessage message, SafeFileHandle? descriptor = null, TaskCompletionSource<DBusMessage>? answer = null)
    {
        lock (_sending)
        {
            if (_closed) return;
            var bytes = message.ToBytes(++_serial);
            if (answer is not null) _calls[_serial] = answer;
            try
            {
                if (descriptor is not null) UnixSockets.Send(_socket, bytes, descriptor);
                else for (var rest = bytes.AsSpan(); !rest.IsEmpty; rest = rest[_socket.Send(rest)..]) ;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The reading thread tells.
            }
        }
    }

    private void Authenticate()
    {
        var user = Convert.ToHexString(Encoding.ASCII.GetBytes(Environment.IsPrivilegedProcess ? "0" : UserId()));
        Say($"\0AUTH EXTERNAL {user}\r\n", "OK ");
        Say("NEGOTIATE_UNIX_FD\r\n", "AGREE_UNIX_FD");
        _socket.Send("BEGIN\r\n"u8);

        void Say(string line, string expected)
        {
            _socket.Send(Encoding.ASCII.GetBytes(line));
            var buffer = new byte[256];
            var answer = Encoding.ASCII.GetString(buffer, 0, _socket.Receive(buffer));
            if (!answer.StartsWith(expected, StringComparison.Ordinal))
                throw new InvalidOperationException($"the bus answered {answer.Trim()} to {line.Trim()}");
        }

        static string UserId() =>
            File.ReadLines("/proc/self/status").First(static line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2]
                .ToString(CultureInfo.InvariantCulture);
    }

    private void Read()
    {
        var buffer = new byte[1 << 16];
        var held = 0;
        try
        {
            while (_socket.Receive(buffer.AsSpan(held)) is > 0 and var received)
            {
                held += received;
                var at = 0;
                while (DBusMessage.TryParse(buffer.AsMemory(at, held - at), out var length) is { } message)
                {
                    at += length;
                    Take(message);
                }

                buffer.AsSpan(at, held - at).CopyTo(buffer);
                held -= at;
                if (held == buffer.Length) Array.Resize(ref buffer, held * 2);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // As good as the end of the stream.
        }

        foreach (var call in _calls.Values) call.TrySetException(new IOException("the bus has gone"));
        if (!_closed) _ended();
    }

    private void Take(DBusMessage message)
    {
        if (message.Kind is MessageKind.Call or MessageKind.Signal) _received(message);
        else if (_calls.TryRemove(message.ReplyTo, out var answer)) answer.TrySetResult(message);
    }
}
