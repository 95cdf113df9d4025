namespace Dfu.Adapters.BlueZ.Radio;

/// <summary>The adapters of this process, which share what they hear.</summary>
internal sealed class ScanRoom
{
    private readonly Lock _gate = new();
    private readonly List<Seat> _seats = [];
    private int _next;

    /// <param name="changed">What somebody does has changed, so duties may have. Must not block.</param>
    /// <param name="hear">Takes an advertisement. Must not block.</param>
    public Seat Join(Action changed, Action<Advertisement> hear)
    {
        lock (_gate)
        {
            var seat = new Seat(this, _next++, changed, hear);
            _seats.Add(seat);
            return seat;
        }
    }

    private void Tell()
    {
        Seat[] seats;
        lock (_gate) seats = [.. _seats];
        foreach (var seat in seats) seat.Changed();
    }

    public sealed class Seat(ScanRoom room, int order, Action changed, Action<Advertisement> hear) : IDisposable
    {
        private RadioLoad _load = new(order);

        public Action Changed => changed;

        public RadioLoad Load
        {
            get
            {
                lock (room._gate) return _load;
            }
        }

        public ScanDuty Duty
        {
            get
            {
                lock (room._gate) return ScanPolicy.DutyOf(_load, room._seats.Select(static s => s._load));
            }
        }

        public void Update(Func<RadioLoad, RadioLoad> change)
        {
            lock (room._gate)
            {
                var before = _load;
                _load = change(before);
                if (_load == before) return;
            }

            room.Tell();
        }

        /// <summary>This adapter has heard it; the others hear it too when it is their scout.</summary>
        public void Hear(Advertisement advertisement)
        {
            hear(advertisement);
            Seat[] others;
            lock (room._gate)
            {
                if (room._seats.Count == 1 || ScanPolicy.ScoutOf(room._seats.Select(static s => s._load)) != order) return;
                others = [.. room._seats.Where(s => s != this)];
            }

            foreach (var other in others) other.HearFromScout(advertisement);
        }

        public void Dispose()
        {
            lock (room._gate) room._seats.Remove(this);
            room.Tell();
        }

        private void HearFromScout(Advertisement advertisement) => hear(advertisement);
    }
}
