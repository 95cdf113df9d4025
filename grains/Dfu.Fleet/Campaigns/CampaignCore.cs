using System.Collections.Immutable;
using Dfu.Fleet.Audit;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Campaigns;

/// <summary>The campaign's machine with what is saved of it and what is not. Nothing follows from what is not saved.</summary>
internal sealed class CampaignCore(CampaignState state, FleetPolicy policy, FleetTimes times, FleetMachines? machines = null)
{
    /// <summary>
    /// A write of so many devices may take place once per <see cref="FleetTimes.Report"/>; one of more takes place less often, so that the
    /// bytes written stay the same.
    /// </summary>
    private const double DevicesPerWrite = 256;

    private readonly FleetMachines _machines = machines ?? FleetMachines.Plain;
    private readonly List<CampaignEffect> _effects = [];

    public CampaignState State { get; private set; } = state;

    /// <summary>As it is stored.</summary>
    public CampaignState Saved { get; private set; } = state;

    /// <summary>What others see: decisions that are saved.</summary>
    public CampaignState Shown => Saved with { Seconds = State.Seconds };

    /// <summary>Changes that are saved and that the audit does not have, as far as is known.</summary>
    public ImmutableArray<AuditEntry> Untold
    {
        get
        {
            var (taken, before) = (State.Changes - State.News.Length, Saved.Changes - Saved.News.Length);
            return Saved.News[Math.Clamp(taken - before, 0, Saved.News.Length)..];
        }
    }

    /// <returns>How soon it must be saved, null when nothing changed.</returns>
    public TimeSpan? Apply(CampaignEvent e)
    {
        var (next, effects) = _machines.Campaign(State, e, policy.For(State.Limits));
        if (ReferenceEquals(next, State) && effects.IsEmpty) return null;
        var decided = !e.IsCheckpoint || next.Stage != State.Stage || next.Changes != State.Changes;
        var ends = e is CampaignEvent.DeviceEnded && next.Changes == State.Changes;
        State = next;
        _effects.AddRange(effects);
        if (!effects.IsEmpty) return TimeSpan.Zero;
        if (ends) return times.Report;
        return decided ? TimeSpan.Zero : times.Report * (1 + (State.Devices.Length / DevicesPerWrite));
    }

    /// <summary>Whether the device's outcome, if it has one, is durable, and so is that it is wanted again, if it is.</summary>
    public bool IsSaved(BluetoothAddress device) => Saved.Results.GetValueOrDefault(device) == State.Results.GetValueOrDefault(device)
        && Saved.Retrying.GetValueOrDefault(device) == State.Retrying.GetValueOrDefault(device);

    /// <param name="parent">What attempts have as their parent from now on. Saved with whatever is saved next.</param>
    public void Trace(string? parent) => State = State with { TraceParent = parent };

    /// <param name="campaign">Had a device of this one before. Saved with whatever is saved next.</param>
    public void Overtake(string campaign)
    {
        if (!State.Overtook.Contains(campaign)) State = State with { Overtook = State.Overtook.Add(campaign) };
    }

    public void Learn(ImmutableArray<ClassState> classes) => State = State.Knowing(classes);

    /// <summary>What to write now. <see cref="Pending.Effects"/> are carried out when that is done.</summary>
    public Pending Take()
    {
        var pending = new Pending(State, [.. _effects]);
        _effects.Clear();
        return pending;
    }

    public void Written(Pending pending) => Saved = pending.State;

    public sealed record Pending(CampaignState State, ImmutableArray<CampaignEffect> Effects);
}
