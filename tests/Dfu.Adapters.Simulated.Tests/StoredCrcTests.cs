using System.IO.Hashing;
using Dfu.Adapters.Simulated.Bootloader;

namespace Dfu.Adapters.Simulated.Tests;

public sealed class StoredCrcTests
{
    [Fact]
    public void Going_on_from_a_stored_crc_gives_the_crc_of_the_whole()
    {
        var bytes = new byte[300];
        new Random(1).NextBytes(bytes);
        foreach (var first in new[] { 0, 1, 3, 4, 40 })
        {
            foreach (var second in Enumerable.Range(0, 10).Append(244))
            {
                var stored = Crc32.HashToUInt32(bytes.AsSpan(0, first));
                Assert.Equal(Crc32.HashToUInt32(bytes.AsSpan(0, first + second)), StoredCrc.Continue(stored, bytes.AsSpan(first, second)));
            }
        }
    }
}
