using System.Collections.Immutable;
using Dfu.Adapters.Simulated;
using Dfu.Fleet;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Faults;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Runs;

/// <summary>What one seed makes: a cluster, devices, a package, and what goes wrong.</summary>
internal sealed record SeedPlan
{
    /// <summary>Nothing begins to go wrong later.</summary>
    public static readonly TimeSpan Trouble = TimeSpan.FromSeconds(45);

    /// <summary>Of a device that refuses what is sent.</summary>
    private const uint OtherHardware = 51;

    /// <summary>A campaign of small images is over before, unless something keeps it.</summary>
    private static readonly TimeSpan SoonOver = TimeSpan.FromSeconds(15);

    /// <summary>Of an image that takes long.</summary>
    private const int ManyObjects = 30;

    private static readonly int[] Objects = [1, 1, 2, 2, 3, 3, 5, 9];

    public required int Seed { get; init; }

    public required ClusterSpec Cluster { get; init; }

    public required ImmutableArray<VirtualDeviceOptions> Devices { get; init; }

    /// <summary>What is sent, and what may be sent in its place.</summary>
    public required ImmutableArray<DfuPackage> Packages { get; init; }

    public required ImmutableArray<byte[]> Files { get; init; }

    public CampaignLimits Limits { get; init; } = new();

    public CampaignPlan Campaign { get; init; } = new();

    /// <summary>What the audit has from before: with a little more a page of it is full.</summary>
    public int AuditedBefore { get; init; }

    /// <summary>What each device has noted in an earlier campaign: with a little more it begins to hand its history over.</summary>
    public int NotedBefore { get; init; }

    /// <summary>The campaign takes whatever it hears.</summary>
    public bool All { get; init; }

    /// <summary>The same is ordered once more when it is over.</summary>
    public bool Again { get; init; }

    /// <summary>Faults go on when everything is over; in other runs what has not happened by then does not happen.</summary>
    public bool Lingers { get; init; }

    public required ImmutableArray<Fault> Faults { get; init; }

    public static SeedPlan Of(int seed)
    {
        var random = new Random(seed);
        var hosts = 1 + random.Next(3);
        var count = 1 + random.Next(4);
        var objects = random.Next(16) == 0 ? ManyObjects : Objects[random.Next(Objects.Length)];
        ImmutableArray<byte[]> files = [MakePackage(random, objects, 2), MakePackage(random, objects, 3)];
        var profile = BootloaderProfile.All[3 + random.Next(BootloaderProfile.All.Count - 3)];
        return new()
        {
            Seed = seed,
            Cluster = new()
            {
                Hosts = [.. Enumerable.Range(0, hosts).Select(i => ($"host{i}", 1 + random.Next(2)))],
                Radio = new() { MaxLinks = 1 + random.Next(4), ConnectFailureRate = random.Next(3) == 0 ? 0.1 : 0 },
                Link = new()
                {
                    Interval = TimeSpan.FromMilliseconds(random.Next(2) == 0 ? 7.5 : 15),
                    PacketsPerEvent = 3 + random.Next(4),
                    Mtu = random.Next(3) == 0 ? 23 + random.Next(224) : 247,
                    DropRate = random.Next(2) == 0 ? 0 : random.NextDouble() * 0.2,
                },
                Policy = new() { MaxConcurrency = random.Next(4) == 0 ? 1 : null },
                Times = hosts == 1 && random.Next(2) == 0 ? FleetTimes.Alone : new(),
                Ahead = [.. Enumerable.Range(0, hosts).Select(_ => TimeSpan.FromMinutes((random.NextDouble() - 0.5) * 60))],
                Seed = seed,
            },
            Devices = [.. Enumerable.Range(0, count).Select(i => new VirtualDeviceOptions
            {
                ApplicationAddress = VirtualDeviceOptions.AddressFor(seed, i),
                Profile = profile,
                StartsInApplication = random.Next(2) == 0,
                ApplicationSize = 9000,
                RequireSigned = false,
                RadioDeafDuringErase = random.Next(3) == 0,
                HwVersion = random.Next(16) == 0 ? OtherHardware : null,
            })],
            Packages = [.. files.Select(static file => PackageReader.Read(file, null))],
            Files = files,
            All = random.Next(4) == 0,
            Again = random.Next(5) == 0,
            Lingers = random.Next(4) == 0,
            Limits = new() { MaxConcurrency = random.Next(8) == 0 ? 1 : null },
            Campaign = new()
            {
                Errors = random.Next(2) == 0 ? new() { Count = 1, Action = random.Next(2) == 0 ? ErrorAction.Pause : ErrorAction.Stop } : null,
            },
            AuditedBefore = random.Next(8) == 0 ? AuditPage.Size - 1 - random.Next(8) : 0,
            NotedBefore = random.Next(8) == 0 ? 8 + random.Next(8) : 0,
            Faults = [.. MakeFaults(random)],
        };
    }

    private static byte[] MakePackage(Random random, int objects, uint version)
    {
        var image = new byte[(objects * 4096) - (4 * random.Next(1024))];
        random.NextBytes(image);
        var application = new FirmwareFile("app", image);
        return PackageWriter.Create(new() { Application = application, ApplicationVersion = version, HwVersion = 52, SdReq = [0xFFFE] }, null);
    }

    private static IEnumerable<Fault> MakeFaults(Random random)
    {
        var kinds = Enum.GetValues<FaultKind>();
        var moments = Enum.GetValues<Moment>();
        var count = random.Next(9);
        for (var number = 0; number < count; number++)
        {
            var waits = random.Next(2) == 0 ? Moment.None : moments[random.Next(moments.Length)];
            var within = waits == Moment.None ? Trouble : SoonOver;
            yield return new(
                number,
                kinds[random.Next(kinds.Length)],
                TimeSpan.FromSeconds(0.5 + (within.TotalSeconds * random.NextDouble() * random.NextDouble())),
                TimeSpan.FromSeconds(0.2 + (random.Next(3) == 0 ? 40 : 8) * random.NextDouble()),
                random.Next(1000),
                random.NextDouble(),
                waits);
        }
    }
}
