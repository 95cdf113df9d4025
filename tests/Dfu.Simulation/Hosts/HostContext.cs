namespace Dfu.Simulation.Hosts;

/// <summary>Where everything that one process awaits goes on: on the pump, and only while the process lives and is not stopped.</summary>
internal sealed class HostContext(HostProcess process) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => process.Post(() => d(state));

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("a process takes posted work only");

    public override SynchronizationContext CreateCopy() => this;
}
