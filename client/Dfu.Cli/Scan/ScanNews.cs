using Dfu.Fleet.Scan;
using Dfu.Protocol.Links;
using Dfu.Silo.Scan;

namespace Dfu.Cli.Scan;

/// <summary>What changed from one look at a scan to the next: who came, became something else or left, and which radios are in trouble.</summary>
internal sealed class ScanNews
{
    private readonly Dictionary<BluetoothAddress, (string Name, string Mode)> _there = [];
    private readonly Dictionary<string, ScanRadioState> _radios = [];

    /// <summary><c>heard</c>, <c>changed</c> or <c>gone</c>.</summary>
    public IEnumerable<(string What, HeardUnit Unit)> Devices(IReadOnlyList<HeardUnit> units)
    {
        foreach (var unit in units)
        {
            var now = (unit.Name, UnitModes.Words(unit));
            if (unit.IsGone)
            {
                if (_there.Remove(unit.Address)) yield return ("gone", unit);
            }
            else if (!_there.TryGetValue(unit.Address, out var before))
            {
                _there[unit.Address] = now;
                yield return ("heard", unit);
            }
            else if (before != now)
            {
                _there[unit.Address] = now;
                yield return ("changed", unit);
            }
        }
    }

    /// <summary>Radios that were lost, or listen again.</summary>
    public IEnumerable<ScanRadio> Radios(ScanView view)
    {
        foreach (var radio in view.Radios)
        {
            var before = _radios.GetValueOrDefault(radio.Id);
            _radios[radio.Id] = radio.State;
            if (radio.State != before && (radio.State == ScanRadioState.Lost || before == ScanRadioState.Lost)) yield return radio;
        }
    }
}
