using Dfu.Adapters;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;

namespace Dfu.Fleet.Adapters;

/// <summary>Looks at an open adapter that serves nobody: listens, and connects to the golden unit where one is named, to nobody else.</summary>
internal sealed class SelfTestRun(OpenAdapter open, FleetPolicy policy, TimeProvider time)
{
    private static readonly TimeSpan Listen = TimeSpan.FromSeconds(5);

    /// <summary>The longest that a golden unit may take, wherever devices may take longer: it lies near.</summary>
    private static readonly TimeSpan LongestConnect = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly HashSet<BluetoothAddress> _heard = [];

    /// <param name="heardEarlier">The adapter heard devices before, as far as is known.</param>
    /// <exception cref="DfuException">AdapterLost.</exception>
    public async Task<SelfTestFindings> RunAsync(bool heardEarlier)
    {
        var began = time.GetTimestamp();
        var wanted = await open.HearAsync(Wanted, Listen, open.Gone.Token);
        var findings = new SelfTestFindings(time.GetElapsedTime(began), _heard.Count, heardEarlier) { GoldenUnit = policy.GoldenUnit };
        return policy.GoldenUnit is not null && wanted is { } golden ? await ConnectAsync(findings, golden) : findings;
    }

    /// <summary>The golden unit, or anybody where there is none.</summary>
    private bool Wanted(Advertisement advertisement)
    {
        _heard.Add(advertisement.Address);
        return policy.GoldenUnit is not { } golden || (advertisement.Address == golden && advertisement.Connectable);
    }

    private async Task<SelfTestFindings> ConnectAsync(SelfTestFindings findings, Advertisement golden)
    {
        await open.Connects.EnterAsync(open.Gone.Token);
        try
        {
            var began = time.GetTimestamp();
            var link = await LinkAsync(golden);
            var took = time.GetElapsedTime(began);
            await link.CloseWithinAsync(Grace, time);
            return findings with { ConnectTime = took };
        }
        catch (DfuException e) when (e.Error != DfuError.AdapterLost)
        {
            return findings with { Error = e.Error, Detail = e.Message };
        }
        finally
        {
            open.Connects.Exit();
        }
    }

    private async Task<IDfuLink> LinkAsync(Advertisement golden)
    {
        var within = policy.Link.ConnectTimeout < LongestConnect ? policy.Link.ConnectTimeout : LongestConnect;
        var options = policy.Link with { ConnectTimeout = within };
        using var late = new CancellationTokenSource(within + Grace, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, open.Gone.Token);
        var connecting = open.Adapter.ConnectAsync(golden.Address, golden.AddressType, options, either.Token);
        try
        {
            return await connecting.WithinAsync(within + Grace + Grace, time, CancellationToken.None);
        }
        catch (TimeoutException) when (!connecting.IsCompleted)
        {
            connecting.DisposeWhenItComes();
            throw new DfuException(DfuError.ConnectTimeout, "a connect did not come back");
        }
        catch (OperationCanceledException) when (!open.Gone.IsCancellationRequested)
        {
            throw new DfuException(DfuError.ConnectTimeout, $"no link within {within.TotalSeconds:0} s");
        }
    }
}
