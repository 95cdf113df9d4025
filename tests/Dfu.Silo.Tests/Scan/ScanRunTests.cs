using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Dfu.Adapters;
using Dfu.Fleet.Scan;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Silo.Adapters;
using Dfu.Silo.Scan;

namespace Dfu.Silo.Tests.Scan;

public sealed class ScanRunTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task All_radios_are_heard_and_the_best_is_named_first()
    {
        Source[] sources = [new("a"), new("b")];
        await using var run = new ScanRun(sources, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var running = run.RunAsync(null, stop.Token);
        await sources[0].HeardAsync(1, -70);
        await sources[1].HeardAsync(1, -50);
        var view = await UntilAsync(run, view => view.Units is [{ By.Length: 2 }]);
        Assert.Equal([1, 0], view.Units[0].By.Select(static heard => heard.Adapter));
        Assert.All(view.Radios, static radio => Assert.Equal(ScanRadioState.Listening, radio.State));
        stop.Cancel();
        await running.WaitAsync(Soon, TimeProvider.System);
        Assert.All(sources, static source => Assert.True(source.Closed));
    }

    [Fact]
    public async Task A_radio_that_dies_is_named_and_the_others_go_on()
    {
        Source[] sources = [new("a"), new("b")];
        await using var run = new ScanRun(sources, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var running = run.RunAsync(TimeSpan.FromHours(1), stop.Token);
        await sources[0].HeardAsync(1, -70);
        sources[0].Lose("pulled out");
        var view = await UntilAsync(run, static view => view.Radios[0].State == ScanRadioState.Lost);
        Assert.Equal("pulled out", view.Radios[0].Detail);
        await sources[1].HeardAsync(2, -50);
        await UntilAsync(run, static view => view.Units.Length == 2);
        sources[1].Lose("pulled out too");
        await running.WaitAsync(Soon, TimeProvider.System);
        Assert.Equal(2, run.Snapshot(steady: false).Units.Length);
    }

    [Fact]
    public async Task A_radio_that_cannot_be_opened_is_named_and_the_others_go_on()
    {
        Source[] sources = [new("a") { Refusal = DfuError.AdapterNotFound }, new("b")];
        await using var run = new ScanRun(sources, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var running = run.RunAsync(TimeSpan.FromHours(1), stop.Token);
        await sources[1].HeardAsync(2, -50);
        var view = await UntilAsync(run, static view => view.Units.Length == 1);
        Assert.Equal((ScanRadioState.Lost, "a is refused"), (view.Radios[0].State, view.Radios[0].Detail));
        stop.Cancel();
        await running.WaitAsync(Soon, TimeProvider.System);
    }

    [Theory]
    [InlineData(DfuError.AdapterInUse, null, DfuError.AdapterInUse)]
    [InlineData(DfuError.AdapterNotFound, DfuError.AdapterInUse, DfuError.AdapterInUse)]
    [InlineData(DfuError.AdapterNotFound, DfuError.AdapterNotFound, DfuError.AdapterNotFound)]
    public async Task A_radio_that_is_somebody_elses_or_none_at_all_ends_it(DfuError first, DfuError? second, DfuError expected)
    {
        Source[] sources = [new("a") { Refusal = first }, new("b") { Refusal = second }];
        await using var run = new ScanRun(sources, TimeProvider.System);
        var refused = await Assert.ThrowsAsync<DfuException>(() => run.RunAsync(TimeSpan.FromHours(1), default).WaitAsync(Soon, TimeProvider.System));
        Assert.Equal(expected, refused.Error);
        Assert.Equal(second is null, sources[1].Closed);
    }

    [Fact]
    public async Task Simulated_devices_and_bystanders_are_told_apart()
    {
        await using var run = await ScanRun.OpenAsync(AdapterSpec.ParseAll(["sim:devices=2,bystanders=4,mode=app,time-scale=20"]), TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var running = run.RunAsync(null, stop.Token);
        var view = await UntilAsync(run, static view => view.Units.Length == 6);
        stop.Cancel();
        await running.WaitAsync(Soon, TimeProvider.System);
        Assert.Equal(
            [UnitMode.Other, UnitMode.Application, UnitMode.Application, UnitMode.LegacyBootloader, UnitMode.Smp, UnitMode.Uart],
            view.Units.Select(static unit => unit.Mode).Order());
    }

    private static async Task<ScanView> UntilAsync(ScanRun run, Func<ScanView, bool> condition)
    {
        using var late = new CancellationTokenSource(Soon, TimeProvider.System);
        while (true)
        {
            var view = run.Snapshot(steady: false);
            if (condition(view)) return view;
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, late.Token);
        }
    }

    private sealed class Source(string id) : IAdapterSource, IAdapter
    {
        private readonly Channel<Advertisement> _air = Channel.CreateUnbounded<Advertisement>();
        private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public DfuError? Refusal { get; init; }
        public bool Closed { get; private set; }
        public string Id => id;
        public string Name => id;
        public BluetoothAddress? Address => null;
        public int MaxLinks => 1;
        public Task<string> Lost => _lost.Task;

        public ValueTask HeardAsync(ulong address, int rssi) =>
            _air.Writer.WriteAsync(new(new(address), AddressType.Random, rssi, "DfuTarg", DfuService: true, Connectable: true));

        public void Lose(string reason) => _lost.SetResult(reason);

        public Task<IAdapter> OpenAsync(CancellationToken cancellationToken) =>
            Refusal is { } error ? throw new DfuException(error, $"{id} is refused") : Task.FromResult<IAdapter>(this);

        public Task<bool> RecoverAsync(RecoveryStep step, CancellationToken cancellationToken) => Task.FromResult(true);

        public async IAsyncEnumerable<Advertisement> ScanAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (var advertisement in _air.Reader.ReadAllAsync(cancellationToken)) yield return advertisement;
        }

        public Task<IDfuLink> ConnectAsync(BluetoothAddress address, AddressType addressType, LinkOptions options, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask DisposeAsync()
        {
            Closed = true;
            return default;
        }
    }
}
