using System.Collections.Concurrent;
using System.Collections.Immutable;
using Dfu.Cluster.Tests.Support;
using Dfu.Protocol.Links;

namespace Dfu.Cluster.Tests.Devices;

/// <summary>What a device did, in order: writes as <c>save ...</c>, calls by what they say. One list per device.</summary>
internal sealed class Steps
{
    private readonly ConcurrentDictionary<string, Line> _lines = new();

    public void Add(BluetoothAddress device, string step) => Add(device.ToString(), step);

    public void Add(string device, string step) => Of(device).Add(step);

    public ImmutableArray<string> Of(BluetoothAddress device) => Of(device.ToString()).All;

    public int Count(BluetoothAddress device, string prefix) => Of(device).Count(step => step.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Waits until a step that begins so has happened for so many times, and fails if it never does.</summary>
    public async Task SeenAsync(BluetoothAddress device, string prefix, int times = 1)
    {
        try
        {
            await Of(device.ToString()).WhenAsync(steps => steps.Count(step => step.StartsWith(prefix, StringComparison.Ordinal)) >= times).Soon();
        }
        catch (TimeoutException)
        {
            Assert.Fail($"'{prefix}' did not happen {times} times: {string.Join(" | ", Of(device))}");
        }
    }

    private Line Of(string device) => _lines.GetOrAdd(device, static _ => new());

    private sealed class Line
    {
        private readonly Lock _gate = new();
        private readonly List<(Func<ImmutableArray<string>, bool> Condition, TaskCompletionSource Met)> _waiting = [];

        public ImmutableArray<string> All { get; private set; } = [];

        public void Add(string step)
        {
            lock (_gate)
            {
                All = All.Add(step);
                foreach (var (condition, met) in _waiting)
                {
                    if (condition(All)) met.TrySetResult();
                }
            }
        }

        public Task WhenAsync(Func<ImmutableArray<string>, bool> condition)
        {
            lock (_gate)
            {
                if (condition(All)) return Task.CompletedTask;
                var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.Add((condition, met));
                return met.Task;
            }
        }
    }
}
