using System.IO.Hashing;
using System.Security.Cryptography;
using Dfu.Adapters.Simulated;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Faults;
using Dfu.Simulation.Hosts;
using Dfu.Simulation.Runs;

namespace Dfu.Simulation.Invariants;

/// <summary>What devices run is what their campaigns say, and none loses what it has or is left alone without a reason.</summary>
internal sealed class ImagePromises(Cluster cluster, SeedPlan plan, Stored stored)
{
    private readonly FailurePromises _failures = new(cluster, plan);

    public void Watch()
    {
        foreach (var device in cluster.Air.Devices)
        {
            device.InitReplaced = (init, offset, crc) => Replaced(device, init, offset, crc);
            device.ImageActivated = image => cluster.Drivers.Resent.Activated(device, image.Length);
        }
    }

    /// <param name="happened">The faults of the run.</param>
    public void Check(string? campaign, IReadOnlyCollection<FaultKind> happened)
    {
        foreach (var device in cluster.Air.Devices)
        {
            cluster.Drivers.Resent.Check(device, plan.Packages.Max(static package => (long)package.Images[0].Firmware.Length));
            Check(device, campaign, happened);
        }
    }

    private void Check(VirtualDevice device, string? campaign, IReadOnlyCollection<FaultKind> happened)
    {
        var name = device.ApplicationAddress;
        var sound = !cluster.Drivers.IsUnsound(device);
        if (sound && device.ActivatedImage is { } image && !plan.Packages.Any(package => IsImage(package, image)))
            cluster.Violate($"{name} activated {image.Length} bytes that nobody sent");

        // It may be known by either of its addresses; the campaign that was stored for the first time last had it last.
        var records = stored.Devices.Values.Where(record => record.Device.Id == name || record.Device.Id == device.BootloaderAddress).ToArray();
        var had = records.Select(static record => record.Campaign).ToHashSet(StringComparer.Ordinal);
        var last = stored.Campaigns.Keys.LastOrDefault(had.Contains) ?? campaign;
        if (last is null || !stored.Campaigns.TryGetValue(last, out var state) || state.Stage != CampaignStage.Finished) return;
        var id = state.Devices.FirstOrDefault(id => id == name || id == device.BootloaderAddress);
        if (id == default)
        {
            if (device.Mode == DeviceMode.Bootloader && !plan.All) cluster.Violate($"{name} is in its bootloader and in no campaign");
            return;
        }

        var result = state.Results[id];
        var package = plan.Packages.First(package => package.Id == state.PackageId);
        if (sound && result.Outcome.IsGood()) CheckGood(device, package, $"{name} is said to be {result.Outcome} by {last}");
        if (result.Outcome == DeviceOutcome.Failed) _failures.Check(device, stored.Devices[id], state, happened);
    }

    private void CheckGood(VirtualDevice device, DfuPackage package, string said)
    {
        if (!(device.ActivatedImage is { } image && IsImage(package, image)) && !MayHaveLied(device))
            cluster.Violate($"{said}, and activated {Activated(device)}, not package {plan.Packages.IndexOf(package)}");
        if (device.Mode == DeviceMode.Bootloader) cluster.Violate($"{said} and is in its bootloader");
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(package.Images[0].Firmware.Span));
        var passports = stored.Devices.Values.Where(record => record.Device.Id == device.ApplicationAddress || record.Device.Id == device.BootloaderAddress)
            .Select(static record => record.Passport);
        if (!passports.Any(passport => passport.Application?.Sha256 == sha256)) cluster.Violate($"{said}, and its passport says something else");
    }

    /// <summary>
    /// It accepted the image and lost power before it had noted that. A link that just goes away tells of it, except with old bootloaders, which never close
    /// theirs, and with those that cannot be told from them.
    /// </summary>
    private bool MayHaveLied(VirtualDevice device) => device.Counters.AcceptedLost > 0
        && (device.Options.Profile.Name is "sdk12" or "sdk13" or "sdk14" || (device.Options.Profile.Name == "sdk15.0" && cluster.Spec.Link.Mtu < 27));

    private string Activated(VirtualDevice device) => device.ActivatedImage is { } image
        ? $"package {plan.Packages.IndexOf(plan.Packages.FirstOrDefault(package => IsImage(package, image))!)}"
        : "nothing";

    private static bool IsImage(DfuPackage package, ReadOnlyMemory<byte> image) => image.Span.SequenceEqual(package.Images[0].Firmware.Span);

    private void Replaced(VirtualDevice device, ReadOnlyMemory<byte> init, int offset, uint crc)
    {
        cluster.Drivers.Resent.Replaced(device, offset);
        var record = stored.Devices.Values.FirstOrDefault(
            record => record.Device.Id == device.ApplicationAddress || record.Device.Id == device.BootloaderAddress);
        if (plan.Packages.FirstOrDefault(package => package.Id == record?.PackageId)?.Images[0] is not { } sent) return;
        var isHeld = init.Span.SequenceEqual(sent.InitPacket.Span) && offset <= sent.Firmware.Length && Crc32.HashToUInt32(sent.Firmware.Span[..offset]) == crc;
        if (isHeld && !cluster.Drivers.IsHarmed(device))
            cluster.Violate($"a command object was created on {device.ApplicationAddress}, which held the init packet and {offset} good bytes behind it");
    }
}
