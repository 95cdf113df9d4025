using System.Diagnostics;
using Dfu.Fleet.Access;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;
using Dfu.Fleet;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;

namespace Dfu.Grains;

/// <summary>The fleet over its grains, from inside a silo or from a client: starts or follows one campaign and keeps its latest view.</summary>
public sealed class GrainFleet : IFleet, IFollowedCampaign
{
    /// <summary>An answer that went down with a silo is not waited for as long as Orleans would.</summary>
    private static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(3);

    /// <summary>An outage that is shorter is nobody's concern.</summary>
    private static readonly TimeSpan WorthSaying = TimeSpan.FromSeconds(5);

    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly TimeSpan _every;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<CampaignView> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _reading = new(1);
    private readonly CampaignFollower _follower = new();
    private CampaignView? _view;
    private long _answered;
    private string? _campaign;
    private bool _goesOn;
    private Task _polling = Task.CompletedTask;

    /// <param name="every">How often the view is read; 0.25 s when null.</param>
    public GrainFleet(IGrainFactory grains, TimeProvider time, TimeSpan? every = null)
    {
        _grains = grains;
        _time = time;
        _every = every ?? TimeSpan.FromSeconds(0.25);
    }

    /// <summary>Id of the campaign that was started or is followed, null before.</summary>
    public string? Campaign => _campaign;

    string IFollowedCampaign.Id => _campaign ?? throw new InvalidOperationException("no campaign was started");

    /// <summary>Stores the package, which needs no campaign; <see cref="StartAsync"/> does it otherwise.</summary>
    public async Task StoreAsync(CampaignRequest request)
    {
        var package = _grains.GetGrain<IPackageGrain>(request.Package.Id);
        if (!request.PackageFile.IsEmpty && !await package.ExistsAsync()) (await package.PutAsync(request.PackageFile.ToArray())).OrThrow();
    }

    public async Task<CampaignView> StartAsync(CampaignRequest request, CancellationToken cancellationToken)
    {
        _ = CampaignTargets.Key(request.Targets);
        await StoreAsync(request);
        cancellationToken.ThrowIfCancellationRequested();
        var ticket = await _grains.GetGrain<IFleetGrain>(0).StartAsync(CampaignOrder.Of(request));
        if (ticket.Refusal != DfuError.None) throw new DfuException(ticket.Refusal, ticket.Detail);
        _goesOn = ticket.GoesOn;
        return await FollowAsync(ticket.Campaign, cancellationToken);
    }

    /// <summary>Follows a campaign that somebody else started.</summary>
    /// <exception cref="DfuException">NotFound when there is no such campaign.</exception>
    public async Task<CampaignView> FollowAsync(string campaign, CancellationToken cancellationToken)
    {
        if (_campaign is not null) throw new InvalidOperationException("one campaign is followed already");
        try
        {
            await ReadAsync(campaign, Timeout.InfiniteTimeSpan);
        }
        catch (KeyNotFoundException e)
        {
            throw NoCampaign(campaign, e);
        }

        cancellationToken.ThrowIfCancellationRequested();
        _campaign = campaign;
        _polling = PollAsync(campaign);
        return Snapshot();
    }

    public CampaignView Snapshot()
    {
        var view = Volatile.Read(ref _view) ?? throw new InvalidOperationException("no campaign was started");
        var silence = _time.GetElapsedTime(Volatile.Read(ref _answered));
        return silence < WorthSaying || _over.Task.IsCompleted ? view : view with { NoAnswerFor = silence };
    }

    /// <remarks>A cluster that does not answer is asked again until it does; see <see cref="CampaignView.NoAnswerFor"/>.</remarks>
    /// <exception cref="DfuException">NotFound when the campaign is gone.</exception>
    /// <exception cref="Exception">Whatever else ended the following for good.</exception>
    public Task<CampaignView> WaitAsync(CancellationToken cancellationToken) => _over.Task.WaitAsync(cancellationToken);

    /// <summary>Reads the view once more, now.</summary>
    public async Task<CampaignView> RefreshAsync()
    {
        await ReadAsync(_campaign ?? throw new InvalidOperationException("no campaign was started"), Timeout.InfiniteTimeSpan);
        return Snapshot();
    }

    /// <summary>Cancels every device that has no outcome yet.</summary>
    public Task CancelAsync() => _grains.GetGrain<ICampaignGrain>(_campaign ?? throw new InvalidOperationException("no campaign was started")).CancelAsync();

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _polling;
        _over.TrySetCanceled();
        _stop.Dispose();
        _reading.Dispose();
    }

    private static DfuException NoCampaign(string campaign, Exception e) => new(DfuError.NotFound, $"there is no campaign {campaign}", e);

    private async Task PollAsync(string campaign)
    {
        Activity.Current = null; // the caller's trace does not last as long
        while (!_over.Task.IsCompleted)
        {
            try
            {
                await Task.Delay(_every, _time, _stop.Token);
                await ReadAsync(campaign, LongestCall);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (Outage.Is(e) || e is OperationCanceledException)
            {
                // The silo that had the campaign may be gone, or on its way out; another takes it over within seconds. Snapshot says how long that takes.
            }
            catch (KeyNotFoundException e)
            {
                End(NoCampaign(campaign, e));
            }
            catch (Exception e)
            {
                End(e);
            }
        }
    }

    /// <param name="longestCall">For each of the calls it takes.</param>
    private async Task ReadAsync(string campaign, TimeSpan longestCall)
    {
        var grain = _grains.GetGrain<ICampaignGrain>(campaign);
        await _reading.WaitAsync(_stop.Token);
        try
        {
            Show(await _follower.ReadAsync(cursor => grain.ChangesAsync(cursor, _every).WithinAsync(longestCall, _time, _stop.Token)));
        }
        finally
        {
            _reading.Release();
        }
    }

    private void End(Exception reason)
    {
        _over.TrySetException(reason);
        _ = _over.Task.Exception; // nobody may wait
    }

    private void Show(CampaignView view)
    {
        view = view with { GoesOn = _goesOn };
        Volatile.Write(ref _answered, _time.GetTimestamp());
        Volatile.Write(ref _view, view);
        if (view.Outcome is CampaignOutcome.Succeeded or CampaignOutcome.Failed) _over.TrySetResult(view);
    }
}
