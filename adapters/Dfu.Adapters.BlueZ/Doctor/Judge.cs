namespace Dfu.Adapters.BlueZ.Doctor;

/// <summary>What the facts mean for an update. Pure: no input, no output.</summary>
internal static class Judge
{
    public static Checkup Of(HostFacts facts)
    {
        List<Finding> findings = [.. HostJudge.Of(facts), .. SettingsJudge.Of(facts)];
        var host = findings.All(static finding => finding.Verdict != Verdict.Problem);
        var adapters = new List<CheckedAdapter>();
        foreach (var adapter in facts.Adapters)
        {
            var own = AdapterJudge.Of(adapter, facts).Select(finding => finding with { Adapter = adapter.Controller.Id }).ToList();
            findings.AddRange(own);
            adapters.Add(AdapterJudge.Row(adapter, host && own.All(static finding => finding.Verdict != Verdict.Problem)));
        }

        return new(adapters.Any(static adapter => adapter.Usable), facts.KernelRelease, facts.Daemon.Version, adapters, findings);
    }
}
