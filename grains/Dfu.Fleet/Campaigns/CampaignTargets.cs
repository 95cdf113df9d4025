using System.Globalization;
using Dfu.Adapters;
using Dfu.Fleet.Identity;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Campaigns;

/// <summary>What an operator's choice of targets means.</summary>
public static class CampaignTargets
{
    private const string ListPrefix = "devices ";

    /// <summary>
    /// A text that is equal for equal choices, and short: <c>all</c>, <c>name:Sensor * count:3</c>, <c>feed all</c>, or for addresses, whose order
    /// does not matter, their number and SHA-256: <c>devices 5000 9f86d0...</c>.
    /// </summary>
    /// <exception cref="DfuException">InvalidArgument unless exactly one kind of choice was made and its numbers make sense.</exception>
    public static string Key(TargetSelection targets)
    {
        var kinds = (targets.Addresses.IsDefaultOrEmpty ? 0 : 1) + (targets.All ? 1 : 0) + (targets.NameGlob is null ? 0 : 1);
        if (kinds != 1) throw new DfuException(DfuError.InvalidArgument, "give either addresses, a name pattern, or all");
        if (targets is { Feed: true, Addresses.IsDefaultOrEmpty: false })
            throw new DfuException(DfuError.InvalidArgument, "a feed takes what it hears: give a name pattern or all, not addresses");
        if (targets.Labels.Any(static label => label.IsTooLong))
            throw new DfuException(DfuError.InvalidArgument, $"a serial number, label or order number has at most {TargetLabel.Longest} characters");
        if (targets.Count is <= 0) throw new DfuException(DfuError.InvalidArgument, "the number of devices to wait for must be at least 1");
        if (targets.ScanTime < TimeSpan.FromSeconds(1) || targets.ScanTime > TimeSpan.FromMinutes(10))
            throw new DfuException(DfuError.InvalidArgument, "the time to listen must be 1 s to 10 min");
        if (Addresses(targets) is { Length: > 0 } list)
            return string.Create(CultureInfo.InvariantCulture, $"{ListPrefix}{AddressList.Count(list)} {AddressList.Hash(list)}");
        var kind = (targets.Feed ? "feed " : "") + (targets.All ? "all" : "name:" + targets.NameGlob);
        return targets.Count is { } count ? string.Create(CultureInfo.InvariantCulture, $"{kind} count:{count}") : kind;
    }

    /// <summary>The addresses of a choice, packed; empty for one whose devices are collected from the air.</summary>
    public static string Addresses(TargetSelection targets) => targets.Addresses.IsDefaultOrEmpty ? "" : AddressList.Pack(targets.Addresses);

    /// <summary>Whether a key stands for a list of addresses.</summary>
    public static bool IsList(string key) => key.StartsWith(ListPrefix, StringComparison.Ordinal);

    /// <summary>Which advertisements belong to a campaign that collects its targets.</summary>
    /// <param name="nameGlob">Null for every device that may be updated.</param>
    public static Func<Advertisement, bool> Wanted(string? nameGlob) => nameGlob is { } glob
        ? advertisement => MayBeUpdated(advertisement) && DeviceNames.Matches(advertisement.Name, glob)
        : static advertisement => MayBeUpdated(advertisement) && (advertisement.DfuService || DeviceNames.IsBootloader(advertisement.Name));

    /// <summary>Whether it is a bootloader of SDK 11 or older: they have the names of later ones, and take no Secure DFU.</summary>
    public static bool IsLegacy(in Advertisement advertisement) =>
        advertisement.Others.HasFlag(OtherServices.LegacyDfu) && !advertisement.DfuService;

    private static bool MayBeUpdated(in Advertisement advertisement) => advertisement.Connectable && !IsLegacy(advertisement);
}
