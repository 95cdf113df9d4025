using Dfu.Fleet.Access;
using Dfu.Reports;
using Dfu.Server.Console.NewCampaign;

namespace Dfu.Server.Console.Adapters;

/// <summary>What one adapter hears of who can be updated, and how well.</summary>
/// <param name="Heard">Devices it hears.</param>
/// <param name="Best">Of them, those that no other adapter hears better.</param>
/// <param name="ByBars">How many it hears with 0 to 4 bars.</param>
public sealed record AdapterHearing(int Heard, int Best, int[] ByBars)
{
    /// <summary>By the adapters' ids.</summary>
    public static Dictionary<string, AdapterHearing> Of(HeardAir air)
    {
        var (heard, best) = (new int[air.Adapters.Length, 5], new int[air.Adapters.Length]);
        foreach (var unit in AirDevices.In(air, others: false, "").Where(static unit => !unit.IsGone))
        {
            if (!unit.By.IsEmpty) best[unit.By[0].Adapter]++;
            foreach (var by in unit.By) heard[by.Adapter, UnitModes.Bars(by.Rssi)]++;
        }

        return air.Adapters.Select((id, at) => (id, at)).ToDictionary(static one => one.id, one =>
        {
            int[] bars = [.. Enumerable.Range(0, 5).Select(level => heard[one.at, level])];
            return new AdapterHearing(bars.Sum(), best[one.at], bars);
        });
    }
}
