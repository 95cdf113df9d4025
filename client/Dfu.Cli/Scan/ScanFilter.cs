using System.Globalization;
using Dfu.Fleet.Identity;
using Dfu.Fleet.Scan;

namespace Dfu.Cli.Scan;

/// <summary>Whom a scan is about.</summary>
/// <param name="NameGlob">Whoever has such a name, whatever it is; null for no choice by name.</param>
/// <param name="All">Also devices that advertise no service of Nordic's.</param>
internal sealed record ScanFilter(string? NameGlob, bool All)
{
    public bool Wants(HeardUnit unit) => NameGlob is { } glob ? DeviceNames.Matches(unit.Name, glob) : All || unit.Mode != UnitMode.Other;

    /// <summary>That nobody of these was heard, and who was instead.</summary>
    public string Nobody(IEnumerable<HeardUnit> heard, TimeSpan listened)
    {
        var names = new HeardNames();
        foreach (var unit in heard) names.Hear(unit.Address, unit.Name, unit.Mode == UnitMode.LegacyBootloader);
        var whom = NameGlob is { } glob ? $"named '{HeardNames.ForPeople(glob)}' " : All ? "" : "with a service of Nordic's ";
        var others = names.Describe(NameGlob);
        var nobody = string.Create(CultureInfo.InvariantCulture, $"no device {whom}was heard in {listened.TotalSeconds:0.#} s");
        return others.Length == 0 ? $"{nobody}" + (whom.Length == 0 ? "" : ", nor any other") : $"{nobody}; heard: {others}";
    }
}
