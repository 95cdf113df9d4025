using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;
using Dfu.Protocol.Links;

namespace Dfu.Grains;

/// <summary>The directory of campaigns and of what is known of bootloaders; one, key 0. Touched when a campaign begins, ends or learns.</summary>
[Alias("dfu.fleet")]
public interface IFleetGrain : IGrainWithIntegerKey
{
    /// <summary>Creates the campaign, or goes on with the one that has the same package and targets. It is durable, and running, when this returns.</summary>
    [Alias("Start")]
    Task<CampaignTicket> StartAsync(CampaignOrder order);

    /// <summary>Every campaign, oldest first.</summary>
    [Alias("List")]
    Task<ImmutableArray<CampaignEntry>> ListAsync();

    /// <summary>Campaigns that began, ended, go on or were deleted since somebody asked last.</summary>
    [Alias("Changes")]
    Task<DirectoryChanges> ChangesAsync(DirectoryCursor since);

    /// <summary>Makes sure that every unfinished campaign is at work; called by hosts when they start and when another has died.</summary>
    /// <exception cref="IOException">Some could not be reached; all others are at work.</exception>
    [Alias("Wake")]
    Task WakeAsync();

    /// <inheritdoc cref="IDirectoryPeer.FinishedAsync"/>
    [Alias("Finished")]
    Task FinishedAsync(string campaign, ImmutableHashSet<string> overtook, bool told);

    /// <inheritdoc cref="IDirectoryPeer.ReopenAsync"/>
    [Alias("Reopen")]
    Task<string> ReopenAsync(string campaign, ImmutableArray<BluetoothAddress> devices);

    /// <inheritdoc cref="IDirectoryPeer.KeepClassAsync"/>
    [Alias("KeepClass")]
    Task KeepClassAsync(ClassState learned);

    /// <summary>What is known of classes of bootloaders.</summary>
    [Alias("Classes")]
    Task<ImmutableArray<ClassState>> ClassesAsync();

    /// <summary>From retention: these campaigns are to be deleted. One that is not over stays.</summary>
    /// <returns>Those of them that the directory does not have any more: no request goes on with them.</returns>
    [Alias("Forget")]
    Task<ImmutableArray<string>> ForgetAsync(ImmutableArray<string> campaigns);
}
