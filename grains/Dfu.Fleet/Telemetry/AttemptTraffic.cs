using Dfu.Fleet.Storage;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Telemetry;

/// <summary>
/// Counts the firmware bytes of one attempt into its device's slot, and into the metrics when somebody listens: there once per object,
/// not per packet.
/// </summary>
/// <remarks>What counts as sent again is what the slot counts as that, so metrics and reports agree.</remarks>
internal sealed class AttemptTraffic(ITrafficSlot slot, string adapter, IEnumerable<ResumeRecord> earlier)
{
    private readonly ResendReasons _reasons = new(earlier);
    private readonly Dictionary<string, long> _again = [];
    private long _sent;
    private long _confirmedTo;
    private long _confirmed;
    private int? _image;

    public void ImageStarted(int image)
    {
        if (_image is { } before && before != image)
        {
            _reasons.ImageStarted();
            _confirmedTo = 0;
        }

        _image = image;
    }

    public void Resumed(ResumeRecord record)
    {
        Flush();
        _reasons.Resumed(record);
        _confirmedTo = Math.Min(record.Stored, record.Held);
    }

    public void Sent(int image, long offset, int count)
    {
        if (!FleetMetrics.CountsBytes)
        {
            slot.Sent(image, offset, count);
            return;
        }

        var before = slot.Read().Resent;
        slot.Sent(image, offset, count);
        _sent += count;
        var again = slot.Read().Resent - before;
        if (again > 0)
        {
            var reason = _reasons.Of(offset);
            _again[reason] = _again.GetValueOrDefault(reason) + again;
        }

        _reasons.Sent(offset + count);
    }

    public void Confirmed(long offset)
    {
        _confirmed += Math.Max(0, offset - _confirmedTo);
        _confirmedTo = offset;
        Flush();
    }

    /// <summary>Hands what was counted to the metrics; the end of the attempt does so too.</summary>
    public void Flush()
    {
        FleetMetrics.Moved(adapter, _sent, _confirmed);
        foreach (var (reason, bytes) in _again) FleetMetrics.SentAgain(adapter, reason, bytes);
        (_sent, _confirmed) = (0, 0);
        _again.Clear();
    }
}
