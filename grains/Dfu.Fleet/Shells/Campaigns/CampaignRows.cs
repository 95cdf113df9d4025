using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Shells.Campaigns;

/// <summary>The rows of a campaign's devices in the order of their last change. A row is made and written when it changed, not when it is read.</summary>
internal sealed class CampaignRows
{
    /// <summary>Rows in one answer.</summary>
    public const int Page = 500;

    private readonly List<Row> _rows = [];
    private readonly LinkedList<Row> _byChange = [];
    private readonly Dictionary<BluetoothAddress, int> _index = [];
    private ImmutableArray<BluetoothAddress> _devices = [];
    private ImmutableDictionary<BluetoothAddress, DeviceResult>? _results;
    private ImmutableDictionary<BluetoothAddress, int>? _retrying;

    public int Count => _rows.Count;

    /// <summary>Devices were taken out of the campaign: followers must begin anew.</summary>
    public bool Misfits(CampaignState campaign) =>
        campaign.Devices.Length < _devices.Length
        || (campaign.Devices != _devices && !campaign.Devices.AsSpan()[.._devices.Length].SequenceEqual(_devices.AsSpan()));

    public int? IndexOf(BluetoothAddress device) => _index.TryGetValue(device, out var index) ? index : null;

    /// <param name="stateOf">What is known of a device, null for nothing. A state that changed is another object.</param>
    /// <param name="summary">Its devices, where a campaign that is over has them; default otherwise.</param>
    /// <param name="revision">The last change so far.</param>
    /// <param name="labels">Null for none.</param>
    /// <returns>The last change now.</returns>
    public long Update(
        CampaignState campaign,
        Func<BluetoothAddress, DeviceState?> stateOf,
        ImmutableArray<DeviceView> summary,
        long revision,
        LabelStore? labels = null)
    {
        var decided = !ReferenceEquals(campaign.Results, _results) || !ReferenceEquals(campaign.Retrying, _retrying);
        (_devices, _results, _retrying) = (campaign.Devices, campaign.Results, campaign.Retrying);
        for (var i = 0; i < _devices.Length; i++)
        {
            var id = _devices[i];
            if (i == _rows.Count)
            {
                _rows.Add(new());
                _index[id] = i;
            }

            var row = _rows[i];
            object? source = summary.IsDefault ? stateOf(id) : summary[i];
            if (row.Bytes is not null && ReferenceEquals(source, row.Source) && !(decided && row.Verdict != Verdict.Of(campaign, id))) continue;
            (row.Source, row.Verdict) = (source, Verdict.Of(campaign, id));
            var shown = source is DeviceView view
                ? new() { Index = i, View = view }
                : CampaignViews.Row(campaign, (DeviceState?)source ?? DeviceState.New(id, campaign.ImageSizes, campaign.CreatedAt), i);
            if (labels?.Of(shown.View, id) is { } label) shown = shown with { View = shown.View with { Label = label } };
            if (row.Shown is { } before && Same(before, shown)) continue;
            row.Shown = shown;
            row.Revision = ++revision;
            row.Bytes = FleetJson.WriteBytes(shown with { Revision = revision });
            if (row.Place is { } place) _byChange.Remove(place);
            row.Place = _byChange.AddLast(row);
        }

        return revision;
    }

    /// <summary>The rows that changed after a revision, at most a page of them.</summary>
    /// <returns>A JSON array, and the last change in it; null where these are all.</returns>
    public (byte[] Json, long? More) Since(long revision)
    {
        var first = _byChange.Last;
        if (first is null || first.Value.Revision <= revision) return ("[]"u8.ToArray(), null);
        while (first.Previous is { } earlier && earlier.Value.Revision > revision) first = earlier;
        var rows = new List<byte[]>();
        long? last = null;
        for (var node = first; node is not null; node = node.Next)
        {
            if (rows.Count == Page) return (Array(rows), last);
            rows.Add(node.Value.Bytes!);
            last = node.Value.Revision;
        }

        return (Array(rows), null);
    }

    private static byte[] Array(List<byte[]> rows)
    {
        var json = new byte[rows.Sum(static row => row.Length + 1) + 1];
        var at = 0;
        foreach (var row in rows)
        {
            json[at++] = (byte)(at == 1 ? '[' : ',');
            row.CopyTo(json, at);
            at += row.Length;
        }

        json[at] = (byte)']';
        return json;
    }

    /// <summary>A state that came by a message is another object although nothing in it changed.</summary>
    private static bool Same(DeviceRow a, DeviceRow b) =>
        a.Since == b.Since && a.View with { Resumes = b.View.Resumes } == b.View && a.View.Resumes.AsSpan().SequenceEqual(b.View.Resumes.AsSpan());

    /// <summary>What the campaign itself has decided of a device.</summary>
    private readonly record struct Verdict(DeviceResult? Result, int Retrying)
    {
        public static Verdict Of(CampaignState campaign, BluetoothAddress device) =>
            new(campaign.Results.GetValueOrDefault(device), campaign.Retrying.GetValueOrDefault(device));
    }

    private sealed class Row
    {
        public object? Source { get; set; }
        public Verdict Verdict { get; set; }
        public DeviceRow? Shown { get; set; }
        public byte[]? Bytes { get; set; }
        public long Revision { get; set; }
        public LinkedListNode<Row>? Place { get; set; }
    }
}
