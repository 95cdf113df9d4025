using System.Collections.Immutable;
using Dfu.Fleet.Access;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Retention;
using Orleans.Serialization.Cloning;

namespace Dfu.Grains;

/// <summary>Deletes what the fleet has kept for long enough; one, key 0. A round that is cut off goes on with the next.</summary>
[Alias("dfu.retention")]
public interface IRetentionGrain : IGrainWithIntegerKey
{
    /// <summary>From a host that starts, and each day where no reminders are kept: what its operator asks for holds from now on, and a round is made.</summary>
    /// <returns>When the round is over.</returns>
    [Alias("Run")]
    Task RunAsync(RetentionWish wish);

    /// <summary>From a package: it is about to be used or to be stored, so it is not deleted for a while. Durable when it returns.</summary>
    [Alias("Needed")]
    Task NeededAsync(string package);

    /// <summary>Packages that are stored, the last needed first.</summary>
    [Alias("Packages")]
    Task<ImmutableArray<KeptPackage>> PackagesAsync();

    /// <summary>From an operator: nothing of the package is stored when it returns, unless it is refused.</summary>
    /// <returns>NotFound; PackageInUse, with the campaign that needs it.</returns>
    [Alias("DeletePackage")]
    Task<PackageAnswer> DeletePackageAsync(string package, string by);
}

[RegisterConverter]
public sealed class RetentionWishConverter : DocumentConverter<RetentionWish>;

[RegisterCopier]
public sealed class RetentionWishCopier : ShallowCopier<RetentionWish>;
