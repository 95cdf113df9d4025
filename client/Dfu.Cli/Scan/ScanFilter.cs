using System.Globalization;
using Dfu.Fleet.Identity;
using Dfu.Fleet.Scan;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Scan;

/// <summary>Whom a scan is about.</summary>
/// <param name="NameGlob">Whoever has such a name, whatever it is; null for no choice by name.</param>
/// <param name="All">Also devices that advertise no service of Nordic's.</param>
internal sealed record ScanFilter(string? NameGlob, bool All)
{
    public bool Wants(HeardUnit unit) => NameGlob is { } glob ? DeviceNames.Matches(unit.Name, glob) : All || unit.Mode != UnitMode.Other;

    /// <summary>NotHeard: that nobody of these was heard, and who was instead.</summary>
    /// <param name="listened">Zero for who asked a server what it hears.</param>
    public DfuException Nobody(IEnumerable<HeardUnit> heard, TimeSpan listened)
    {
        var names = new HeardNames();
        foreach (var unit in heard) names.Hear(unit.Address, unit.Name, unit.Mode == UnitMode.LegacyBootloader);
        var whom = NameGlob is { } glob ? $"named '{HeardNames.ForPeople(glob)}' " : All ? "" : "with a service of Nordic's ";
        var others = names.Describe(NameGlob);
        var when = listened == TimeSpan.Zero ? "is heard now" : string.Create(CultureInfo.InvariantCulture, $"was heard in {listened.TotalSeconds:0.#} s");
        var nobody = $"no device {whom}{when}";
        if (others.Length == 0)
            return new(DfuError.NotHeard, nobody + (whom.Length == 0 ? "" : ", nor any other")) { Remedy = "Power it, bring it nearer, or listen longer" };
        var instead = NameGlob is null ? "Give --all, which shows them" : "Give one of these names";
        return new(DfuError.NotHeard, $"{nobody}; heard: {others}") { Remedy = $"{instead}, or power the device and bring it nearer" };
    }
}
