using System.Runtime.InteropServices;

namespace Dfu.Fuzz.Engine;

/// <summary>
/// Which branches an input took, and how often, as instrumented code counts them: one byte a pair of branches, as AFL has it. Of how often only the class
/// matters: once, twice, three times, up to 7, 15, 31, 127 or more.
/// </summary>
/// <remarks>Without instrumentation nothing is counted, and nothing is ever new.</remarks>
internal sealed unsafe class Coverage
{
    private const int Size = 1 << 16;

    private static readonly byte[] Classes = [.. Enumerable.Range(0, 256).Select(ClassOf)];

    /// <summary>Never freed: static constructors of instrumented code count whenever they come.</summary>
    private readonly ulong* _counts = (ulong*)NativeMemory.AlignedAlloc(Size, 64);

    private readonly ulong[] _seen = new ulong[Size / 8];

    private Coverage() => Clear();

    /// <summary>Pairs of branches that any input took.</summary>
    public int Edges { get; private set; }

    /// <summary>Points what is instrumented to a map of this one's own.</summary>
    public static Coverage Attach()
    {
        var coverage = new Coverage();
        SharpFuzz.Common.Trace.SharedMem = (byte*)coverage._counts;
        return coverage;
    }

    public void Clear()
    {
        new Span<ulong>(_counts, Size / 8).Clear();
        SharpFuzz.Common.Trace.PrevLocation = 0;
    }

    /// <summary>Takes what was counted since <see cref="Clear"/> into account.</summary>
    /// <returns>Whether any of it is new.</returns>
    public bool Merge()
    {
        var isNew = false;
        for (var i = 0; i < _seen.Length; i++)
        {
            if (_counts[i] == 0) continue;
            var classes = Classified(_counts[i]);
            if ((classes & ~_seen[i]) == 0) continue;
            Edges += NonZero(_seen[i] | classes) - NonZero(_seen[i]);
            _seen[i] |= classes;
            isNew = true;
        }

        return isNew;
    }

    /// <summary>Pairs of branches and classes that were counted since <see cref="Clear"/>, in any order.</summary>
    public int[] Taken()
    {
        var taken = new List<int>();
        var bytes = new ReadOnlySpan<byte>(_counts, Size);
        for (var i = 0; i < Size; i++)
        {
            if (bytes[i] != 0) taken.Add((i << 8) | Classes[bytes[i]]);
        }

        return [.. taken];
    }

    private static ulong Classified(ulong counts)
    {
        ulong classes = 0;
        for (var shift = 0; shift < 64; shift += 8) classes |= (ulong)Classes[(byte)(counts >> shift)] << shift;
        return classes;
    }

    private static int NonZero(ulong bytes)
    {
        var count = 0;
        for (var shift = 0; shift < 64; shift += 8) count += (byte)(bytes >> shift) == 0 ? 0 : 1;
        return count;
    }

    private static byte ClassOf(int count) => count switch
    {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };
}
