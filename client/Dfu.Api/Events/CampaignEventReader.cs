using System.Collections.Immutable;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;

namespace Dfu.Api.Events;

/// <summary>Puts a campaign's view together out of the events of its stream. For one caller at a time.</summary>
public sealed class CampaignEventReader
{
    private readonly CampaignPicture _picture = new();
    private readonly SortedDictionary<int, Transfer> _transfers = [];
    private ImmutableArray<AdapterView> _adapters = [];
    private CampaignHead? _head;
    private CampaignView? _view;

    /// <param name="name">See <see cref="EventNames"/>.</param>
    /// <returns>Null while more is to come.</returns>
    public CampaignView? Take(string name, CampaignUpdate update)
    {
        if (update.NoAnswerFor is not null) return _view is null ? null : _view with { NoAnswerFor = update.NoAnswerFor };
        if (name == EventNames.Snapshot) Clear();
        foreach (var row in update.Devices) _picture.Take(row);
        if (update.Signals is { } signals) _picture.Hear(signals);
        if (update.TransfersAnew) _transfers.Clear();
        foreach (var device in update.Ended) _transfers.Remove(device);
        for (var i = 0; i < (update.Transfers?.Device.Length ?? 0); i++) _transfers[update.Transfers!.Device[i]] = update.Transfers[i];
        _adapters = Adapters(update);
        _head = update.Campaign ?? _head;
        if (update.More || _head is null) return null;
        return _view = _picture.View(new()
        {
            Id = _head.Id,
            PackageId = _head.PackageId,
            At = update.At,
            Outcome = _head.Outcome,
            Standing = _head.Standing,
            GoesOn = _head.GoesOn,
            Collecting = _head.Collecting,
            Seconds = update.Seconds,
            Notices = _head.Notices,
            Adapters = _adapters,
            Transfers = TransferColumns.Of(_transfers.Values),
        });
    }

    private void Clear()
    {
        _picture.Clear();
        _transfers.Clear();
        (_adapters, _head) = ([], null);
    }

    private ImmutableArray<AdapterView> Adapters(CampaignUpdate update)
    {
        if (update is { AdapterCount: null, Adapters.IsEmpty: true, AdapterRates: null }) return _adapters;
        var adapters = new AdapterView[update.AdapterCount ?? _adapters.Length];
        _adapters.AsSpan()[..Math.Min(_adapters.Length, adapters.Length)].CopyTo(adapters);
        foreach (var row in update.Adapters) adapters[row.Index] = row.View;
        for (var i = 0; i < (update.AdapterRates?.Adapter.Length ?? 0); i++)
        {
            ref var adapter = ref adapters[update.AdapterRates!.Adapter[i]];
            adapter = adapter with { Active = update.AdapterRates.Active[i], Rate = update.AdapterRates.Rate[i] };
        }

        return [.. adapters];
    }
}
