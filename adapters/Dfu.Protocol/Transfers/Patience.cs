namespace Dfu.Protocol.Transfers;

/// <summary>What an EXECUTE(data) waits for before it is answered.</summary>
internal enum FlashWork
{
    /// <summary>The packets of the object, and the page erase before them.</summary>
    Object,

    /// <summary>A settings save: the EXECUTE is a barrier (docs/bootloader.md F32).</summary>
    Save,
}

/// <summary>How long an answer is waited for until the device is asked whether it is still to come. Learned from the answers of one link.</summary>
/// <remarks>
/// A question changes nothing, so asking too early costs a packet, and asking late costs the time: the waits are short. What may not be done too early is to
/// repeat an EXECUTE(data), which a device answers only when its flash is idle: that has the longer of what the link has shown and what is known of the flash.
/// </remarks>
internal sealed class Patience(TimeSpan? interval)
{
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan LeastForRequest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MostForRequest = TimeSpan.FromSeconds(1);

    /// <summary>A page erase and the packets of an object on the slower of Nordic's chips (MODEL.md, Flash).</summary>
    private static readonly TimeSpan LeastForObject = TimeSpan.FromMilliseconds(160);

    /// <summary>Where the interval is not known: a request and its answer at 50 ms.</summary>
    private static readonly TimeSpan UnknownRoundTrip = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest of late; a shorter one takes a tenth off.</summary>
    private TimeSpan _roundTrip = interval * 3 ?? UnknownRoundTrip;
    private TimeSpan _object;
    private TimeSpan _save;

    /// <summary>For what a device answers as soon as it reads it.</summary>
    public TimeSpan OfRequest => Clamp((1.5 * _roundTrip) + Slack, LeastForRequest, MostForRequest);

    /// <param name="pacing">Tells how slow the flash is before any answer has.</param>
    public TimeSpan OfExecute(FlashWork work, Pacing pacing) => work switch
    {
        FlashWork.Object => Longest(_object > TimeSpan.Zero ? 2 * _object : pacing.Guard + LeastForObject, LeastForObject) + Slack,
        FlashWork.Save => (_save > TimeSpan.Zero ? 1.1 * _save : pacing.GuardAfterSave) + Slack,
        _ => throw new ArgumentOutOfRangeException(nameof(work), work, null),
    };

    /// <summary>After that, when a device has answered the question and not the EXECUTE: until it is repeated.</summary>
    /// <param name="waited">What it had been waited for.</param>
    /// <param name="isShort">Not all packets of the object have found room, so that its flash may be slower than known: nothing is to be repeated.</param>
    public TimeSpan OfRepeat(FlashWork work, Pacing pacing, TimeSpan waited, bool isShort)
    {
        var isKnown = work == FlashWork.Object || _save > TimeSpan.Zero || pacing != Pacing.Initial;
        return isShort ? waited * 4 : isKnown ? waited / 4 : waited * 1.5;
    }

    /// <summary>The shortest round trip of the link so far; the longest time there is before the first.</summary>
    public TimeSpan Shortest { get; private set; } = TimeSpan.MaxValue;

    public void Answered(TimeSpan took)
    {
        _roundTrip = Longest(took, 0.9 * _roundTrip);
        if (took < Shortest) Shortest = took;
    }

    public void Executed(FlashWork work, TimeSpan took)
    {
        if (work == FlashWork.Object) _object = Longest(took, 0.9 * _object);
        else if (took - _roundTrip >= TransferTimes.SaveShows) _save = Longest(took, 0.9 * _save); // else the flash was idle
    }

    private static TimeSpan Longest(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Clamp(TimeSpan value, TimeSpan least, TimeSpan most) => value < least ? least : value > most ? most : value;
}
