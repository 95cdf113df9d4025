namespace Dfu.Simulation.Hosts;

internal enum ActorKind
{
    Device,
    Campaign,
    Adapter,
    Scheduler,
    Directory,
    Audit,
    Package,
}

/// <summary>What is activated somewhere: a device by its address, a campaign, adapter or package by its id, or one of those there are once.</summary>
internal readonly record struct ActorName(ActorKind Kind, string Key)
{
    public override string ToString() => Key.Length == 0 ? Kind.ToString() : $"{Kind} {Key}";
}
