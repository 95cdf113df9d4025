using System.Collections.Frozen;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Storage;

namespace Dfu.Fleet.Shells.Audit;

/// <summary>Full pages of the trail, each a document of its own. What was written is never written again.</summary>
internal sealed class AuditPages(IDocuments pages)
{
    /// <summary>Of so many pages the ids are remembered; of older ones they are read again.</summary>
    private const int MostRemembered = 64;

    /// <summary>Hosts' clocks differ by less, or nobody would make sense of the trail.</summary>
    private static readonly TimeSpan ClocksDiffer = TimeSpan.FromDays(1);

    private readonly Dictionary<string, Summary> _remembered = [];

    public async Task WriteAsync(string name, string json)
    {
        var page = pages.Of(name);
        if (await page.ReadAsync() == json) return; // a write that nobody heard of
        await page.WriteAsync(json);
    }

    /// <exception cref="InvalidDataException">It is gone, or not what was written.</exception>
    public async Task<AuditPage> PageAsync(string name)
    {
        var json = await pages.Of(name).ReadAsync();
        if (json.Length == 0) throw new InvalidDataException($"a page of the audit is gone: {name}");
        if (AuditPage.NameOf(json) != name) throw new InvalidDataException($"a page of the audit is not as it was written: {name}");
        return FleetJson.Read<AuditPage>(json);
    }

    /// <summary>Which of the entries are in no page. An entry cannot be in a page that was full long before it happened.</summary>
    public async Task<List<AuditEntry>> MissingAsync(List<AuditEntry> entries, string? last)
    {
        while (last is not null && entries.Count > 0)
        {
            var page = await SummaryAsync(last);
            if (page.Until < entries.Min(static entry => entry.At) - ClocksDiffer) break;
            entries = entries.FindAll(entry => !page.Ids.Contains(entry.Id));
            last = page.Previous;
        }

        return entries;
    }

    private async Task<Summary> SummaryAsync(string name)
    {
        if (_remembered.TryGetValue(name, out var known)) return known;
        var page = await PageAsync(name);
        if (_remembered.Count >= MostRemembered) _remembered.Remove(_remembered.MinBy(static pair => pair.Value.Until).Key);
        return _remembered[name] = new(page.Previous, page.Until, page.Entries.Select(static entry => entry.Id).ToFrozenSet(StringComparer.Ordinal));
    }

    private sealed record Summary(string? Previous, DateTimeOffset Until, FrozenSet<string> Ids);
}
