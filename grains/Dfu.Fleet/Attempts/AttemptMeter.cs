using Dfu.Fleet.Devices;
using Dfu.Fleet.Updates;

namespace Dfu.Fleet.Attempts;

/// <summary>Measures what an attempt costs: what its time goes to, and what it has the device erase. Any thread may read it.</summary>
internal sealed class AttemptMeter(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly TimeSpan[] _spent = new TimeSpan[Enum.GetValues<TimeUse>().Length];
    private TimeUse _use = TimeUse.Connecting;
    private long _since = time.GetTimestamp();
    private DeviceWear _wear;

    public void Enter(UpdatePhase phase) => Enter(phase switch
    {
        UpdatePhase.Connecting => TimeUse.Connecting,
        UpdatePhase.Jumping => TimeUse.Jumping,
        UpdatePhase.Reconciling or UpdatePhase.SendingInit => TimeUse.Resuming,
        UpdatePhase.Sending => TimeUse.Air,
        UpdatePhase.Saving => TimeUse.Saving,
        UpdatePhase.Activating => TimeUse.Executing,
        _ => TimeUse.Finishing,
    });

    public void Enter(TimeUse use)
    {
        lock (_gate)
        {
            Count();
            _use = use;
        }
    }

    public void Erased(int pages, int settings)
    {
        lock (_gate) _wear += new DeviceWear(pages, settings, 0);
    }

    public AttemptCost Read()
    {
        lock (_gate)
        {
            Count();
            var spent = new TimeSpent();
            for (var use = 0; use < _spent.Length; use++)
            {
                if (_spent[use] > TimeSpan.Zero) spent = spent.Plus((TimeUse)use, _spent[use].TotalSeconds);
            }

            return new(spent, _wear);
        }
    }

    private void Count()
    {
        var now = time.GetTimestamp();
        _spent[(int)_use] += time.GetElapsedTime(_since, now);
        _since = now;
    }
}
