using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Dfu.Protocol.Timing;

namespace Dfu.Silo.Adapters;

/// <summary>
/// A name that one process of this machine holds at a time, whoever runs it: the address of a socket without a file (Linux, unix(7),
/// "abstract"). It is there exactly as long as its process, no file can be made or linked in its place, and the kernel itself says who holds it.
/// </summary>
internal sealed class MachineLock : IDisposable
{
    private const int MostAsking = 512;

    /// <summary>In milliseconds, while many ask at once.</summary>
    private const int LongestAnswer = 500;

    // SOL_SOCKET and SO_PEERCRED of asm-generic/socket.h; the answer is struct ucred: process, user, group.
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    private readonly Socket _held;

    private MachineLock(Socket held) => _held = held;

    /// <returns>Null when another process, or another part of this one, holds the name.</returns>
    /// <exception cref="SocketException">This process may have no sockets of this kind.</exception>
    public static MachineLock? TryTake(string name)
    {
        var socket = NewSocket();
        try
        {
            socket.Bind(Address(name));
            socket.Listen(MostAsking);
        }
        catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            return null;
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        Background.Start("answer who holds a radio", () => AnswerAsync(socket));
        return new MachineLock(socket);
    }

    /// <summary>Who holds the name, by the kernel's word: <c> (process 4711 of user 1000)</c>, or nothing.</summary>
    public static string OwnerOf(string name)
    {
        try
        {
            using var socket = NewSocket();
            socket.SendTimeout = LongestAnswer;
            socket.Connect(Address(name));
            Span<int> owner = stackalloc int[3];
            return socket.GetRawSocketOption(SocketLevel, PeerCredentials, MemoryMarshal.AsBytes(owner)) == owner.Length * sizeof(int) && owner[0] > 0
                ? string.Create(CultureInfo.InvariantCulture, $" (process {owner[0]} of user {(uint)owner[1]})")
                : "";
        }
        catch (SocketException)
        {
            return ""; // it was let go meanwhile, or too many ask at once
        }
    }

    public void Dispose() => _held.Dispose();

    private static Socket NewSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private static UnixDomainSocketEndPoint Address(string name) => new('\0' + name);

    /// <summary>Who asks has its answer when it is connected.</summary>
    private static async Task AnswerAsync(Socket held)
    {
        try
        {
            while (true) (await held.AcceptAsync()).Dispose();
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // The name is let go; if accepting failed otherwise, nobody is told who holds it.
        }
    }
}
