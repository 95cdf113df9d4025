namespace Dfu.Fleet.Campaigns;

/// <summary>What a campaign may do. It is part of the order, and the same on every host that works for the campaign.</summary>
public sealed record CampaignLimits
{
    /// <summary>The most a bridge may have.</summary>
    public const int MostPerAdapter = 4096;

    /// <summary>A target nobody hears, or no adapter at all, for this long ends as failed. 1 s to 7 days, default 120 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Transfers of the campaign at once over all adapters, 1 to 10,000; null is no limit.</summary>
    public int? MaxConcurrency { get; init; }

    /// <summary>Transfers of the campaign at once on one adapter, 1 to 4096; null is as many as its host allows.</summary>
    public int? MaxTransfersPerAdapter { get; init; }

    /// <summary>Transfers of the campaign at once over the adapters of one host, 1 to 10,000; null is as many as the host allows.</summary>
    public int? MaxTransfersPerHost { get; init; }

    /// <summary>Attempts in a row without any new confirmed byte before a device fails. 1 to 1,000, default 5.</summary>
    public int MaxFruitlessAttempts { get; init; } = 5;

    /// <summary>Attempts at all before a device fails. 1 to 10,000, default 50.</summary>
    public int MaxAttempts { get; init; } = 50;

    /// <summary>Pause after the first attempt that confirmed nothing; it doubles with each further one. Default 1 s.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest such pause, at most an hour. Default 30 s.</summary>
    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What is wrong with them, in a sentence; null when nothing is.</summary>
    public string? Flaw() => this switch
    {
        _ when Patience < TimeSpan.FromSeconds(1) || Patience > TimeSpan.FromDays(7) => "a campaign's patience is 1 s to 7 days",
        { MaxConcurrency: < 1 or > 10_000 } => "a campaign has 1 to 10000 transfers at once",
        { MaxTransfersPerAdapter: < 1 or > MostPerAdapter } => "a campaign has 1 to 4096 transfers at once on an adapter",
        { MaxTransfersPerHost: < 1 or > 10_000 } => "a campaign has 1 to 10000 transfers at once on a host",
        { MaxFruitlessAttempts: < 1 or > 1000 } => "a device has 1 to 1000 attempts in a row that confirm nothing",
        { MaxAttempts: < 1 or > 10_000 } => "a device has 1 to 10000 attempts",
        _ when FirstBackoff <= TimeSpan.Zero || FirstBackoff > LongestBackoff || LongestBackoff > TimeSpan.FromHours(1) =>
            "pauses between attempts are longer than nothing, at most an hour, and the longest is no shorter than the first",
        _ => null,
    };
}
