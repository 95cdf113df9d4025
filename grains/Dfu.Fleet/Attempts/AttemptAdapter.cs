using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Telemetry;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;

namespace Dfu.Fleet.Attempts;

/// <summary>An attempt's share of its adapter.</summary>
internal sealed class AttemptAdapter(
    AttemptRun run, IAttemptReports reports, LinkOptions options, AttemptTelemetry telemetry, TimeProvider time) : IUpdateAdapter
{
    /// <summary>How much longer than asked an adapter may take before the connect is given up for it.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    public Task<Advertisement?> HearAsync(Func<Advertisement, bool> wanted, TimeSpan timeout, CancellationToken cancellationToken) =>
        run.Adapter.HearAsync(wanted, timeout, cancellationToken);

    public async Task<IDfuLink> ConnectAsync(BluetoothAddress address, AddressType addressType, CancellationToken cancellationToken)
    {
        await run.Adapter.Connects.EnterAsync(cancellationToken);
        telemetry.ConnectTurn();
        var connect = run.Adapter.NextConnect();
        var began = time.GetTimestamp();
        var error = DfuError.Cancelled;
        try
        {
            run.ThrowIfOver();
            reports.Adapter(new AdapterEvent.ConnectStarted(run.Adapter.Epoch, connect, run.Device, run.Attempt));
            var link = await ConnectInTimeAsync(address, addressType, cancellationToken);
            error = DfuError.None;
            if (!run.Opened(link))
            {
                await link.DisposeAsync();
                throw new OperationCanceledException("the attempt is over");
            }

            Background.Run("watch a link", WatchAsync(link));
            return new LeasedLink(link, run.ThrowIfOver);
        }
        catch (DfuException e)
        {
            error = e.Error;
            throw;
        }
        finally
        {
            telemetry.Connected(error, time.GetElapsedTime(began));
            reports.Adapter(new AdapterEvent.ConnectEnded(run.Adapter.Epoch, connect, run.Device, run.Attempt, error, time.GetUtcNow()));
            run.Adapter.Connects.Exit(); // after its end was told, so that the ends come in order
        }
    }

    private async Task<IDfuLink> ConnectInTimeAsync(BluetoothAddress address, AddressType addressType, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(options.ConnectTimeout + Grace, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken, run.Adapter.Gone.Token);
        var connecting = run.Adapter.Adapter.ConnectAsync(address, addressType, options, either.Token);
        try
        {
            return await connecting.WithinAsync(options.ConnectTimeout + Grace + Grace, time, CancellationToken.None);
        }
        catch (TimeoutException) when (!connecting.IsCompleted)
        {
            // The adapter was told to give up and has not: nobody can connect over it any more.
            const string Reason = "a connect did not come back";
            connecting.DisposeWhenItComes();
            reports.Adapter(new AdapterEvent.Lost(run.Adapter.Epoch, Reason, time.GetUtcNow()));
            throw new DfuException(DfuError.AdapterLost, Reason);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw run.Adapter.Closed
                ? new DfuException(DfuError.AdapterLost, "the adapter went away while connecting")
                : new DfuException(DfuError.ConnectTimeout, $"no link to {address} within {options.ConnectTimeout.TotalSeconds:0} s");
        }
    }

    /// <summary>Measures how long the link lasted and whether it dropped: how often links drop decides how often progress is saved.</summary>
    private async Task WatchAsync(IDfuLink link)
    {
        var opened = time.GetTimestamp();
        var closure = await link.Closed;
        var wanted = closure.Reason is LinkClosure.LocalHost or LinkClosure.RemoteUser || run.Adapter.Closed || run.Adapter.Lost;
        reports.Campaign(new CampaignEvent.LinkEnded(time.GetElapsedTime(opened), !wanted));
    }
}
