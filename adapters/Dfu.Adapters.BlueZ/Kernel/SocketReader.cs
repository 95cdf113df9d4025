using System.Runtime.InteropServices;
using Dfu.Protocol.Timing;

namespace Dfu.Adapters.BlueZ.Kernel;

internal delegate void PacketHandler(ReadOnlySpan<byte> packet);

/// <summary>One thread that reads both sockets. What the monitor shows of an event is always handed on before what the management socket makes of it.</summary>
internal sealed unsafe class SocketReader : IDisposable
{
    /// <summary>
    /// More packets in a row than the monitor ever has waiting when it is filtered; a bound only so that a flood cannot keep an answer waiting.
    /// </summary>
    private const int MostAtOnce = 1024;

    private const int MostErrors = 16;
    private static readonly TimeSpan EndBound = TimeSpan.FromSeconds(5);
    private readonly Source _control;
    private readonly Source _monitor;
    private readonly FileHandle _wake;
    private readonly Thread _thread;
    private volatile bool _ended;

    /// <param name="control">Owned by the caller, who closes it after this was disposed; so is <paramref name="monitor"/>.</param>
    public SocketReader(FileHandle? control, PacketHandler onControl, FileHandle? monitor, PacketHandler onMonitor)
    {
        _control = new(control, onControl);
        _monitor = new(monitor, onMonitor);
        _wake = Libc.EventFd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        _thread = new(Run) { IsBackground = true, Name = "bluetooth-kernel" };
        if (_wake.IsInvalid) _ended = true;
        else _thread.Start();
    }

    /// <summary>False once it is read no more.</summary>
    public bool ReadsControl => !_ended && _control.Open;

    /// <inheritdoc cref="ReadsControl"/>
    public bool ReadsMonitor => !_ended && _monitor.Open;

    public void Dispose()
    {
        if (_wake.IsClosed) return;
        _ended = true;
        if (!_wake.IsInvalid)
        {
            var one = 1ul;
            _ = Libc.Write(_wake, &one, sizeof(ulong));

            // From a handler there is nobody to wait for: the thread ends when the handler returns.
            if (_thread != Thread.CurrentThread) _thread.Join(EndBound);
        }

        _wake.Dispose();
    }

    private void Run()
    {
        FileHandle?[] held = [_wake, _control.Socket, _monitor.Socket];
        var added = new bool[held.Length];
        try
        {
            // The numbers must stay theirs as long as they are waited for.
            for (var i = 0; i < held.Length; i++) held[i]?.DangerousAddRef(ref added[i]);
            Read(new byte[4096]);
        }
        catch (ObjectDisposedException)
        {
            // Ended before it began.
        }
        finally
        {
            _ended = true;
            for (var i = 0; i < held.Length; i++)
            {
                if (added[i]) held[i]!.DangerousRelease();
            }
        }
    }

    private void Read(byte[] buffer)
    {
        var fds = stackalloc Libc.PollFd[3];
        while (!_ended)
        {
            fds[0] = new() { Fd = Number(_wake), Events = Libc.POLLIN };
            fds[1] = new() { Fd = _control.Open ? Number(_control.Socket!) : -1, Events = Libc.POLLIN };
            fds[2] = new() { Fd = _monitor.Open ? Number(_monitor.Socket!) : -1, Events = Libc.POLLIN };
            if (Libc.Poll(fds, 3, -1) < 0)
            {
                if (Marshal.GetLastPInvokeError() == Libc.EINTR) continue;
                return;
            }

            if (fds[0].Returned != 0) return;
            if (fds[1].Returned != 0 && _control.Receive(buffer) is >= 0 and var length)
            {
                // The kernel gives the monitor its copy first: once the other is here, so is the copy.
                var packet = buffer.AsSpan(0, length).ToArray();
                Drain(buffer);
                _control.Handle(packet);
            }

            if (fds[2].Returned != 0) Drain(buffer);
        }
    }

    private void Drain(byte[] buffer)
    {
        for (var i = 0; i < MostAtOnce && !_ended && _monitor.Open; i++)
        {
            var length = _monitor.Receive(buffer);
            if (length < 0) return;
            _monitor.Handle(buffer.AsSpan(0, length));
        }
    }

    private static int Number(FileHandle handle) => (int)handle.DangerousGetHandle();

    private sealed class Source(FileHandle? socket, PacketHandler handler)
    {
        private volatile bool _open = socket is not null;
        private int _errors;

        public FileHandle? Socket => socket;

        public bool Open => _open;

        /// <returns>Bytes read; -1 when there is nothing to read now.</returns>
        public int Receive(byte[] buffer)
        {
            nint length;
            fixed (byte* at = buffer) length = Libc.Receive(socket!, at, buffer.Length, Libc.MSG_DONTWAIT);
            if (length > 0)
            {
                _errors = 0;
                return (int)length;
            }

            // An overflow is told once and reading goes on; a socket that keeps failing is given up.
            if (length == 0) _open = false;
            else if (Marshal.GetLastPInvokeError() is not (Libc.EAGAIN or Libc.EINTR) && ++_errors >= MostErrors) _open = false;
            return -1;
        }

        public void Handle(ReadOnlySpan<byte> packet)
        {
            try
            {
                handler(packet);
            }
            catch (Exception e)
            {
                // A listener's trouble must not end the thread that tells all other listeners.
                Background.Report("tell of a packet", e);
            }
        }
    }
}
