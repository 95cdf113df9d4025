using Dfu.Adapters;
using Dfu.Fleet.Campaigns;

namespace Dfu.Fleet.Peers;

/// <summary>Where there is only one silo, its adapters are called what their operator called them.</summary>
public static class PlainIds
{
    public static CampaignView Of(CampaignView view, string silo, IReadOnlyList<IAdapterSource> sources)
    {
        var prefix = AdapterId.Of(silo, "");
        return view with
        {
            Devices = view.Devices.IsDefault
                ? []
                : [.. view.Devices.Select(device => device with { Adapter = Id(device.Adapter), Detail = Text(device.Detail) })],
            Adapters = view.Adapters.IsDefault
                ? []
                : [.. view.Adapters.Select(adapter => adapter with { Id = Id(adapter.Id)!, Detail = Text(adapter.Detail) })
                    .OrderBy(adapter => Place(adapter.Id))],
            Notices = view.Notices.IsDefault ? [] : [.. view.Notices.Select(Text)],
        };

        string? Id(string? id) => id is not null && id.StartsWith(prefix, StringComparison.Ordinal) ? id[prefix.Length..] : id;

        string Text(string text) => text.Contains(prefix, StringComparison.Ordinal)
            ? sources.Aggregate(text, (all, source) => all.Replace(prefix + source.Id, source.Id, StringComparison.Ordinal))
            : text;

        int Place(string id) => sources.TakeWhile(source => source.Id != id).Count();
    }
}
