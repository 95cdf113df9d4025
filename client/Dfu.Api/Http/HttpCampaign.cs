using System.Net.ServerSentEvents;
using System.Text.Json;
using Dfu.Api.Events;
using Dfu.Fleet.Access;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;

namespace Dfu.Api.Http;

/// <summary>
/// A campaign whose view follows the server's events. A stream that breaks or falls silent is opened again, and goes on after the last event that came.
/// </summary>
internal sealed class HttpCampaign : IFollowedCampaign
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WorthSaying = TimeSpan.FromSeconds(5);
    private readonly HttpCalls _calls;
    private readonly FleetHttpOptions _options;
    private readonly TimeProvider _time;
    private readonly bool _goesOn;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _there = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<CampaignView> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CampaignEventReader _reader = new();
    private readonly Task _following;
    private CampaignView? _view;
    private string? _last;
    private readonly long _begun;
    private long _heard;
    private volatile bool _away;

    private HttpCampaign(HttpCalls calls, FleetHttpOptions options, TimeProvider time, string id, bool goesOn)
    {
        (_calls, _options, _time, _goesOn, Id) = (calls, options, time, goesOn, id);
        _begun = _heard = time.GetTimestamp();
        _following = FollowAsync();
    }

    public string Id { get; }

    /// <summary>Returns when the whole campaign has come.</summary>
    /// <exception cref="DfuException">NotFound; ServerUnreachable, and whatever else keeps it from coming.</exception>
    public static async Task<HttpCampaign> OpenAsync(
        HttpCalls calls, FleetHttpOptions options, TimeProvider time, string id, bool goesOn, CancellationToken cancellationToken)
    {
        var campaign = new HttpCampaign(calls, options, time, id, goesOn);
        try
        {
            await campaign._there.Task.WaitAsync(cancellationToken);
            return campaign;
        }
        catch
        {
            await campaign.DisposeAsync();
            throw;
        }
    }

    public CampaignView Snapshot()
    {
        var view = Volatile.Read(ref _view)!;
        if (_over.Task.IsCompleted || !_away) return view;
        var silence = _time.GetElapsedTime(Volatile.Read(ref _heard));
        return silence < WorthSaying ? view : view with { NoAnswerFor = silence };
    }

    public Task<CampaignView> WaitAsync(CancellationToken cancellationToken) => _over.Task.WaitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _following;
        _over.TrySetCanceled();
        _stop.Dispose();
    }

    private async Task FollowAsync()
    {
        for (var pause = FirstPause; !_over.Task.IsCompleted;)
        {
            var before = _heard;
            try
            {
                await ReadAsync();
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (DfuException e)
            {
                End(e);
                return;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                if (HttpRefusals.IsHopeless(e) || (!_there.Task.IsCompleted && _time.GetElapsedTime(_begun) >= _options.RetryFor))
                {
                    End(HttpRefusals.Silence(e, _calls.Place));
                    return;
                }
            }
            catch (Exception e)
            {
                End(HttpRefusals.Stranger(_calls.Place, $"events that cannot be read: {e.Message}"));
                return;
            }

            if (_heard != before) pause = FirstPause;
            _away = true;
            try
            {
                await Task.Delay(pause, _time, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Takes events until the stream ends.</summary>
    private async Task ReadAsync()
    {
        using var silence = new Silence(_options.SilenceFor, _time, _stop.Token);
        using var answer = await _calls.EventsAsync($"{ApiRoutes.Campaign(Id)}/events", _last, silence.Token);
        await using var stream = silence.Watch(await answer.Content.ReadAsStreamAsync(silence.Token));
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(silence.Token))
        {
            if (item.EventType == EventNames.Problem)
                throw HttpRefusals.Of(JsonSerializer.Deserialize<ApiProblem>(item.Data, ApiJson.Options)!, _calls.Place);
            _away = false;
            Volatile.Write(ref _heard, _time.GetTimestamp());
            if (_reader.Take(item.EventType, JsonSerializer.Deserialize<CampaignUpdate>(item.Data, ApiJson.Options)!) is { } view) Show(view);
            _last = item.EventId ?? _last;
        }
    }

    private void Show(CampaignView view)
    {
        if (_goesOn) view = view with { GoesOn = true };
        Volatile.Write(ref _view, view);
        _there.TrySetResult();
        if (view.Outcome is CampaignOutcome.Succeeded or CampaignOutcome.Failed) _over.TrySetResult(view);
    }

    private void End(Exception reason)
    {
        _there.TrySetException(reason);
        _over.TrySetException(reason);
        _ = (_there.Task.Exception, _over.Task.Exception); // nobody may wait
    }
}
