using Dfu.Protocol.Errors;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Logging;

namespace Dfu.Server.Console.Shared;

/// <summary>A page, or a part of one, that is told what is new until it is left. It goes on by itself after the fleet did not answer.</summary>
public abstract class LiveComponent<T> : ComponentBase, IAsyncDisposable
    where T : class
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(2);
    private readonly CancellationTokenSource _left = new();
    private CancellationTokenSource? _following;
    private Task _told = Task.CompletedTask;

    [Inject]
    private protected TimeProvider Time { get; set; } = null!;

    [Inject]
    private ILoggerFactory Logs { get; set; } = null!;

    /// <summary>The newest; null before the first.</summary>
    protected T? News { get; private set; }

    /// <summary>Why nothing new comes; null while it does. Something older may still be there.</summary>
    protected Exception? Trouble { get; private set; }

    /// <summary>When the newest came.</summary>
    protected DateTimeOffset At { get; private set; }

    /// <summary>Done when the page is left.</summary>
    protected CancellationToken Left => _left.Token;

    /// <summary>Everything that is to be told, the whole first.</summary>
    protected abstract IAsyncEnumerable<T> Follow(CancellationToken cancellationToken);

    /// <summary>Called before the page is drawn with it.</summary>
    protected virtual void Take(T news)
    {
    }

    protected override Task OnInitializedAsync() => BeginAsync();

    /// <summary>Follows something else from now on; returns when the first of it is there, or does not come.</summary>
    protected async Task BeginAsync()
    {
        if (_following is { } before) before.Cancel();
        await _told;
        _following?.Dispose();
        (News, Trouble) = (null, null);
        _following = CancellationTokenSource.CreateLinkedTokenSource(_left.Token);
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _told = TellAsync(first, _following.Token);
        await first.Task;
    }

    /// <remarks>A page that is drawn before its circuit is there gets the first news and is left.</remarks>
    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _left.Cancel();
        await _told;
        _following?.Dispose();
        _left.Dispose();
    }

    private async Task TellAsync(TaskCompletionSource first, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var news in Follow(cancellationToken))
                {
                    await InvokeAsync(() =>
                    {
                        (News, Trouble, At) = (news, null, Time.GetUtcNow());
                        Take(news);
                        if (!first.TrySetResult()) StateHasChanged();
                    });
                    if (!RendererInfo.IsInteractive) return;
                }

                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The page is left, or follows something else.
            }
            catch (Exception e)
            {
                if (e is not DfuException) Logs.CreateLogger(GetType()).PageFailed(e);
                await InvokeAsync(() =>
                {
                    Trouble = e;
                    if (!first.TrySetResult()) StateHasChanged();
                });
                if (!RendererInfo.IsInteractive || e is DfuException { Error: DfuError.InvalidArgument or DfuError.NotFound }) return;
                await Task.Delay(Again, Time, cancellationToken).ContinueWith(static _ => { }, TaskScheduler.Default);
            }
        }

        first.TrySetResult();
    }
}
