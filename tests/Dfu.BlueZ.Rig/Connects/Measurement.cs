using System.Globalization;
using System.Text.Json.Serialization;

namespace Dfu.BlueZ.Rig.Connects;

/// <summary>What this process holds after so many connects.</summary>
/// <param name="Resident">Bytes of memory, as the kernel counts.</param>
/// <param name="Managed">Bytes of live objects, after a full collection.</param>
/// <param name="Descriptors">Open files and sockets, counted by what they are; assemblies, which stay, are none of them.</param>
internal sealed record Measurement(int Connects, int Failed, long Resident, long Managed, IReadOnlyDictionary<string, int> Descriptors, int Threads)
{
    [JsonIgnore]
    public int DescriptorCount => Descriptors.Values.Sum();

    public static Measurement Take(int connects, int failed)
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        return new(
            connects, failed, Status("VmRSS:") * 1024, GC.GetTotalMemory(forceFullCollection: true), CountDescriptors(), (int)Status("Threads:"));
    }

    private static SortedDictionary<string, int> CountDescriptors()
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos())
        {
            // socket:[12345], anon_inode:[eventpoll], or a path
            var target = entry.LinkTarget ?? "gone meanwhile";
            if (target.EndsWith(".dll", StringComparison.Ordinal)) continue;
            var kind = target.Split(":[") is [var type, ..] && type != "anon_inode" ? type : target;
            counts[kind] = counts.GetValueOrDefault(kind) + 1;
        }

        return counts;
    }

    private static long Status(string name) => File.ReadLines("/proc/self/status").Where(line => line.StartsWith(name, StringComparison.Ordinal))
        .Select(static line => long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)).First();
}
