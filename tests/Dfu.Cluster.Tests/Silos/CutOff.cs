using Dfu.Grains;

namespace Dfu.Cluster.Tests.Silos;

/// <summary>A network that loses what one silo's adapters have to say, when told to.</summary>
internal sealed class CutOff(bool fromSchedulerToo) : IOutgoingGrainCallFilter
{
    private volatile bool _cut;

    public bool Cut
    {
        get => _cut;
        set => _cut = value;
    }

    public Task Invoke(IOutgoingGrainCallContext context)
    {
        var lost = context.MethodName == nameof(IDeviceGrain.ReportAsync) || (fromSchedulerToo && context.MethodName == nameof(ISchedulerGrain.AdapterAsync));
        return _cut && lost ? Task.FromException(new OrleansException("the network is down")) : context.Invoke();
    }
}
