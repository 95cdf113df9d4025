using Dfu.Adapters.BlueZ.Tests.StandIn.Wire;

namespace Dfu.Adapters.BlueZ.Tests.StandIn;

/// <summary>
/// What goes wrong at a test's will, by the name of the D-Bus method: <c>Connect</c>, <c>Get</c>, or <c>*</c> for all. The newest fault that fits is
/// taken. Counts calls, too. Safe to use from any thread.
/// </summary>
internal sealed class Faults
{
    public const string Failed = "org.bluez.Error.Failed";

    private readonly Lock _lock = new();
    private readonly List<Fault> _faults = [];
    private readonly Dictionary<(string Member, string Path), int> _calls = [];
    private readonly List<(string Member, string Path, int Count, TaskCompletionSource Called)> _waiting = [];

    /// <summary>Calls are refused.</summary>
    /// <param name="path">Only on objects whose path ends like this; null for all.</param>
    public void Fail(string member, string error, string text, int times = int.MaxValue, string? path = null) =>
        Add(new(member, path, times) { Act = _ => throw new BusError(error, text) });

    /// <summary>Calls are never answered and do nothing, also after <see cref="Clear"/>.</summary>
    public void Hang(string member, int times = int.MaxValue, string? path = null) =>
        Add(new(member, path, times) { Act = static _ => new TaskCompletionSource<Reply>().Task });

    /// <summary>Calls are done but never answered.</summary>
    public void Mute(string member, int times = int.MaxValue, string? path = null) => Add(new(member, path, times)
    {
        Act = static async proceed =>
        {
            await proceed();
            return await new TaskCompletionSource<Reply>().Task;
        },
    });

    /// <summary>Calls are answered as done without being done. BlueZ 5.66 does so for a Connect whose link is aborted locally.</summary>
    public void Pretend(string member, int times = int.MaxValue, string? path = null) =>
        Add(new(member, path, times) { Act = static _ => Task.FromResult(Reply.Nothing) });

    /// <summary>Calls wait until this is disposed; then they are done.</summary>
    public IDisposable Hold(string member, int times = int.MaxValue, string? path = null)
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var fault = new Fault(member, path, times)
        {
            Act = async proceed =>
            {
                await release.Task;
                return await proceed();
            },
        };
        Add(fault);
        return new Disposal(() =>
        {
            lock (_lock) _faults.Remove(fault);
            release.TrySetResult();
        });
    }

    /// <summary>Nothing goes wrong any more.</summary>
    public void Clear()
    {
        lock (_lock) _faults.Clear();
    }

    public int Calls(string member, string? path = null)
    {
        lock (_lock) return CountUnderLock(member, path);
    }

    /// <summary>Completes when a method was called this often in all.</summary>
    public Task CalledAsync(string member, int count = 1, string? path = null)
    {
        lock (_lock)
        {
            if (CountUnderLock(member, path) >= count) return Task.CompletedTask;
            var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((member, path ?? "", count, called));
            return called.Task;
        }
    }

    internal Task<Reply> ApplyAsync(DBusMessage call, Func<Task<Reply>> proceed)
    {
        Fault? fault;
        lock (_lock)
        {
            _calls[(call.Member, call.Path)] = _calls.GetValueOrDefault((call.Member, call.Path)) + 1;
            foreach (var waiting in _waiting.Where(waiting => CountUnderLock(waiting.Member, waiting.Path) >= waiting.Count)) waiting.Called.TrySetResult();
            _waiting.RemoveAll(static waiting => waiting.Called.Task.IsCompleted);
            fault = _faults.FindLast(one => one.Left > 0 && Fits(one, call));
            if (fault is not null) fault.Left--;
        }

        return fault is null ? proceed() : fault.Act(proceed);
    }

    private static bool Fits(Fault fault, DBusMessage call) =>
        (fault.Member == "*" || fault.Member == call.Member) && call.Path.EndsWith(fault.Path ?? "", StringComparison.Ordinal);

    private int CountUnderLock(string member, string? path) =>
        _calls.Where(call => call.Key.Member == member && call.Key.Path.EndsWith(path ?? "", StringComparison.Ordinal)).Sum(static call => call.Value);

    private void Add(Fault fault)
    {
        lock (_lock) _faults.Add(fault);
    }

    private sealed class Fault(string member, string? path, int times)
    {
        public string Member => member;
        public string? Path => path;
        public int Left { get; set; } = times;
        public required Func<Func<Task<Reply>>, Task<Reply>> Act { get; init; }
    }

    private sealed class Disposal(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}
