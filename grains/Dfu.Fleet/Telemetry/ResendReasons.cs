using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Telemetry;

/// <summary>Why a byte that was sent before is sent again: what lost it, by its place in the image.</summary>
/// <remarks>
/// A diagnosis explains the bytes that had been confirmed and that the device turned out not to hold. Those beyond were of the object
/// under way when the link ended. Within one link only an object that came short or corrupt is sent twice.
/// </remarks>
internal sealed class ResendReasons
{
    public const string ObjectRepeated = "objectRepeated";
    public const string UnfinishedObject = "unfinishedObject";

    /// <summary>A data object is a page of flash, as large on every chip that has this bootloader.</summary>
    private const long ObjectBytes = 4096;

    private readonly List<(long End, string Reason)> _lost = []; // the lowest end is last, and is what counts below it
    private Diagnosis? _last;
    private long _sentOnLink;

    /// <param name="earlier">What earlier attempts found, oldest first.</param>
    public ResendReasons(IEnumerable<ResumeRecord> earlier)
    {
        foreach (var record in earlier) Resumed(record);
    }

    public void Resumed(ResumeRecord record)
    {
        _sentOnLink = 0;
        var code = record.Diagnosis.Code();
        switch (record.Diagnosis)
        {
            case Diagnosis.VerificationRestart:
                _lost.Clear();
                Lose(record.Stored, code);
                break;
            case Diagnosis.Probe:
                Lose(record.Stored + ObjectBytes, code); // the packets beyond were sent to be dropped
                break;
            default:
                if (IsAnotherLink(record)) Lose(record.Stored + ObjectBytes, UnfinishedObject);
                if (record.Held < record.Stored) Lose(record.Stored, code);
                break;
        }

        _last = record.Diagnosis;
    }

    /// <summary>Another image begins: nothing of it was lost yet.</summary>
    public void ImageStarted()
    {
        _lost.Clear();
        _last = null;
        _sentOnLink = 0;
    }

    public string Of(long offset)
    {
        if (offset < _sentOnLink) return ObjectRepeated;
        for (var i = _lost.Count - 1; i >= 0; i--)
        {
            if (offset < _lost[i].End) return _lost[i].Reason;
        }

        return UnfinishedObject;
    }

    /// <summary>The current link has carried everything below <paramref name="end"/> that it was to carry.</summary>
    public void Sent(long end) => _sentOnLink = Math.Max(_sentOnLink, end);

    /// <summary>Starting over is told twice: by what led to it, and by the reconcile or the second look that follows.</summary>
    private bool IsAnotherLink(ResumeRecord record) => _last switch
    {
        Diagnosis.VerificationRestart => record.Stored > 0,
        Diagnosis.Corrupt => record.Diagnosis != Diagnosis.Corrupt,
        _ => true,
    };

    private void Lose(long end, string reason)
    {
        while (_lost.Count > 0 && _lost[^1].End <= end) _lost.RemoveAt(_lost.Count - 1);
        _lost.Add((end, reason));
    }
}
