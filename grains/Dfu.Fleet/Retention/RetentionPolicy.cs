namespace Dfu.Fleet.Retention;

/// <summary>How long a fleet keeps what is over. It belongs to the fleet: what was asked for last holds for every host.</summary>
public sealed record RetentionPolicy
{
    /// <summary>Campaigns that are over are kept among the newest so many of all. Default 500.</summary>
    public int Campaigns { get; init; } = 500;

    /// <summary>A campaign that was over for longer is deleted, with the devices that were in no other since. Default 365 days.</summary>
    public int Days { get; init; } = 365;

    /// <summary>A package that no campaign needed for longer is deleted. Default 30 days.</summary>
    public int PackageDays { get; init; } = 30;
}

/// <summary>What a host's operator asks for; null is what the fleet has.</summary>
public sealed record RetentionWish
{
    public int? Campaigns { get; init; }
    public int? Days { get; init; }
    public int? PackageDays { get; init; }

    public RetentionPolicy Over(RetentionPolicy policy) => new()
    {
        Campaigns = Campaigns ?? policy.Campaigns,
        Days = Days ?? policy.Days,
        PackageDays = PackageDays ?? policy.PackageDays,
    };
}
