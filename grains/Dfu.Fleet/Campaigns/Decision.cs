using System.Collections.Immutable;

namespace Dfu.Fleet.Campaigns;

/// <summary>A campaign's next state and what must be done once it is saved.</summary>
internal readonly record struct Decision(CampaignState Next, ImmutableArray<CampaignEffect> Effects)
{
    /// <summary>Nothing has to be done.</summary>
    public static implicit operator Decision(CampaignState next) => new(next, []);

    /// <summary>What follows from it, too.</summary>
    public Decision Then(Func<CampaignState, Decision> decide)
    {
        var (next, more) = decide(Next);
        return new(next, Effects.AddRange(more));
    }
}
