using System.Runtime.InteropServices;

namespace Dfu.Cli;

/// <summary>Ctrl-C and SIGTERM: the first asks to stop, the second ends the process at once.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Action _atOnce;
    private int _count;

    /// <param name="atOnce">Called for the second signal; must end the process.</param>
    public StopSignals(Action atOnce)
    {
        _atOnce = atOnce;
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM }) _registrations.Add(PosixSignalRegistration.Create(signal, Handle));
    }

    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _stop.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _count) > 1) _atOnce();
        else _stop.Cancel();
    }
}
