using System.Diagnostics;
using Dfu.Fleet;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;

namespace Dfu.Grains;

/// <summary>The fleet over its grains, from inside a silo or from a client: starts or follows one campaign and keeps its latest view.</summary>
public sealed class GrainFleet : IFleet, IAsyncDisposable
{
    /// <summary>An answer that went down with a silo is not waited for as long as Orleans would.</summary>
    private static readonly TimeSpan LongestView = TimeSpan.FromSeconds(3);

    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly TimeSpan _every;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<CampaignView> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CampaignView? _view;
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

    public async Task<CampaignView> StartAsync(CampaignRequest request, CancellationToken cancellationToken)
    {
        _ = CampaignTargets.Key(request.Targets);
        var package = _grains.GetGrain<IPackageGrain>(request.Package.Id);
        if (!request.PackageFile.IsEmpty && !await package.ExistsAsync()) (await package.PutAsync(request.PackageFile.ToArray())).OrThrow();
        cancellationToken.ThrowIfCancellationRequested();
        var ticket = await _grains.GetGrain<IFleetGrain>(0).StartAsync(new()
        {
            PackageId = request.Package.Id,
            ImageSizes = [.. request.Package.Images.Select(static image => (long)image.Firmware.Length)],
            HwVersion = request.Package.Images[0].HwVersion,
            Targets = request.Targets,
            Restart = request.Restart,
        });
        if (ticket.Refusal != DfuError.None) throw new DfuException(ticket.Refusal, ticket.Detail);
        _goesOn = ticket.GoesOn;
        return await FollowAsync(ticket.Campaign, cancellationToken);
    }

    /// <summary>Follows a campaign that somebody else started.</summary>
    /// <exception cref="DfuException">InvalidArgument when there is no such campaign.</exception>
    public async Task<CampaignView> FollowAsync(string campaign, CancellationToken cancellationToken)
    {
        if (_campaign is not null) throw new InvalidOperationException("one campaign is followed already");
        try
        {
            Show(await _grains.GetGrain<ICampaignGrain>(campaign).ViewAsync());
        }
        catch (KeyNotFoundException e)
        {
            throw new DfuException(DfuError.InvalidArgument, $"there is no campaign {campaign}", e);
        }

        cancellationToken.ThrowIfCancellationRequested();
        _campaign = campaign;
        _polling = PollAsync(campaign);
        return Snapshot();
    }

    public CampaignView Snapshot() => Volatile.Read(ref _view) ?? throw new InvalidOperationException("no campaign was started");

    /// <remarks>A cluster that does not answer is asked again until it does.</remarks>
    public Task<CampaignView> WaitAsync(CancellationToken cancellationToken) => _over.Task.WaitAsync(cancellationToken);

    /// <summary>Reads the view once more, now.</summary>
    public async Task<CampaignView> RefreshAsync()
    {
        Show(await _grains.GetGrain<ICampaignGrain>(_campaign ?? throw new InvalidOperationException("no campaign was started")).ViewAsync());
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
    }

    private async Task PollAsync(string campaign)
    {
        Activity.Current = null; // the caller's trace does not last as long
        var grain = _grains.GetGrain<ICampaignGrain>(campaign);
        while (!_over.Task.IsCompleted)
        {
            try
            {
                await Task.Delay(_every, _time, _stop.Token);
                Show(await grain.ViewAsync().WithinAsync(LongestView, _time, _stop.Token));
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception)
            {
                // The silo that had the campaign may be gone; another takes it over within seconds.
            }
        }
    }

    private void Show(CampaignView view)
    {
        view = view with { GoesOn = _goesOn };
        Volatile.Write(ref _view, view);
        if (view.Outcome is CampaignOutcome.Succeeded or CampaignOutcome.Failed) _over.TrySetResult(view);
    }
}
