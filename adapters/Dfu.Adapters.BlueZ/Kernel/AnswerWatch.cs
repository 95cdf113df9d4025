namespace Dfu.Adapters.BlueZ.Kernel;

/// <summary>Which controllers leave the kernel's commands unanswered. A single one may only have had its answer lost in an overflow of the monitor.</summary>
internal sealed class AnswerWatch(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ushort, (int Commands, long Since)> _open = [];

    public void Apply(MonitorEvent e)
    {
        lock (_gate)
        {
            switch (e)
            {
                case MonitorEvent.CommandGiven or MonitorEvent.ConnectAsked:
                    _open[e.Index] = _open.TryGetValue(e.Index, out var open) ? open with { Commands = open.Commands + 1 } : (1, time.GetTimestamp());
                    break;
                case MonitorEvent.Answered or MonitorEvent.BuffersRead or MonitorEvent.ConnectFailed or MonitorEvent.Closed:
                    _open.Remove(e.Index);
                    break;
            }
        }
    }

    /// <summary>Since the first of at least two commands without an answer; null when the controller answers.</summary>
    public TimeSpan? Silence(int index)
    {
        lock (_gate) return _open.TryGetValue((ushort)index, out var open) && open.Commands >= 2 ? time.GetElapsedTime(open.Since) : null;
    }
}
