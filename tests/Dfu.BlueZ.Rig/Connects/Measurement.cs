namespace Dfu.BlueZ.Rig.Connects;

/// <summary>What this process holds after so many connects.</summary>
/// <param name="Resident">Bytes of memory, as the kernel counts.</param>
/// <param name="Managed">Bytes of live objects, after a full collection.</param>
/// <param name="Descriptors">Open files and sockets.</param>
internal sealed record Measurement(int Connects, int Failed, long Resident, long Managed, int Descriptors, int Threads)
{
    public static Measurement Take(int connects, int failed)
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        return new(
            connects, failed, Status("VmRSS:") * 1024, GC.GetTotalMemory(forceFullCollection: true), Directory.GetFileSystemEntries("/proc/self/fd").Length, (int)Status("Threads:"));
    }

    private static long Status(string name) => File.ReadLines("/proc/self/status").Where(line => line.StartsWith(name, StringComparison.Ordinal))
        .Select(static line => long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture)).First();
}
