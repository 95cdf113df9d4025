namespace Dfu.Protocol.Transfers;

/// <summary>Decides when the next forced save is due, from what saves and objects cost here and how often links drop.</summary>
internal sealed class ForcedSave
{
    private readonly TransferHint _hint;
    private readonly TransferOptions _options;
    private readonly TimeProvider _time;
    private readonly long _began;

    /// <summary>The first save of the link comes after so many objects at the latest.</summary>
    private int _first = int.MaxValue;
    private TimeSpan _cost = TransferTimes.TypicalSave;
    private TimeSpan _saving;
    private int _objects;
    private int _sinceSave;

    /// <param name="position">Offset of the image that the device has now.</param>
    /// <param name="lost">Objects that were confirmed and that the device no longer holds, 0 if none.</param>
    public ForcedSave(TransferHint hint, long position, long lost, TransferOptions options, TimeProvider time)
    {
        (_hint, _options, _time) = (hint, options, time);

        // Links that keep breaking after as many objects would otherwise start at the same place for ever.
        if (hint.Probed || lost <= 0) _first = int.MaxValue;
        else if (lost < SaveInterval.Fewest) _first = 1;
        else if (hint.ResumedAt == position) _first = (int)(lost * 3 / 4);
        _began = time.GetTimestamp();
    }

    public void ObjectDone()
    {
        _objects++;
        _sinceSave++;
    }

    /// <summary>Never for a bootloader that keeps its progress anyway, nor for one whose EXECUTE(command) writes nothing.</summary>
    /// <param name="rest">Objects of the image that were not sent yet.</param>
    public bool IsDue(BootloaderRules rules, BootloaderTraits traits, int rest)
    {
        if (!_options.ForcedSaves || !rules.SavesOnExecuteCommand || traits.Keeps is Keeps.Objects or Keeps.Ram) return false;
        if (_options.SaveEvery is { } every) return _sinceSave >= every;
        if (_sinceSave >= _first) return true;
        var perObject = (_time.GetElapsedTime(_began) - _saving) / Math.Max(1, _objects);
        return _sinceSave >= SaveInterval.Objects(
            _cost, perObject, _hint.MeanTimeBetweenDrops, _hint.LinkTimeObserved, _options.MaxObjectsBetweenSaves, _sinceSave + rest);
    }

    /// <param name="measured">No answer was lost, so that the time is that of a save.</param>
    public void Done(TimeSpan took, bool measured)
    {
        if (measured) _cost = took;
        _saving += took;
        _sinceSave = 0;
        _first = int.MaxValue;
    }
}
