using Dfu.Adapters.BlueZ.Tests.Links;

namespace Dfu.Adapters.BlueZ.Tests;

[Collection(nameof(LeakTests))]
public sealed class GrowthTests
{
    private readonly List<byte[]> _held = [];

    [Fact]
    public async Task A_leak_is_told_beside_leaps_that_come_and_go()
    {
        var turn = 0;
        var growth = await Growth.OfAsync(turns: 100, () =>
        {
            _held.Add(new byte[4096]);
            switch (++turn)
            {
                case 150:
                    _held.Insert(0, new byte[4 << 20]);
                    break;
                case 350:
                    _held.RemoveAt(0);
                    break;
            }

            return Task.CompletedTask;
        });
        Assert.InRange(growth.BytesPerTurn, 3584, 5120);
    }

    [Fact]
    public async Task Leaps_alone_are_no_leak()
    {
        var turn = 0;
        var growth = await Growth.OfAsync(turns: 100, () =>
        {
            if (++turn is 150 or 350) _held.Add(new byte[1 << 20]);
            return Task.CompletedTask;
        });
        Assert.InRange(growth.BytesPerTurn, -256, 256);
    }
}
