using System.Runtime.InteropServices;
using Dfu.BlueZ.Rig;

if (args is ["controllers", .. var options]) return await ControllersCommand.RunAsync(options);

using var stop = new CancellationTokenSource();
PosixSignal[] ends = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];
PosixSignalRegistration[] signals = [.. ends.Select(signal => PosixSignalRegistration.Create(signal, Stop))];
try
{
    return await Commands.RunAsync(args, stop.Token);
}
catch (Exception e) when (stop.IsCancellationRequested && e is OperationCanceledException or RigException)
{
    Console.Error.WriteLine("interrupted");
    return 3;
}
catch (RigException e)
{
    Console.Error.WriteLine($"the rig cannot run: {e.Message}");
    return 4;
}
finally
{
    foreach (var signal in signals) signal.Dispose();
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
