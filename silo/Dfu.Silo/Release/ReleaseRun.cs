using Dfu.Fleet.Release;
using Dfu.Protocol.Links;
using Dfu.Silo.Adapters;

namespace Dfu.Silo.Release;

/// <summary>Radios of this process for <see cref="DeviceRelease"/>, with their locks. No silo, and nothing is stored.</summary>
public sealed class ReleaseRun : IAsyncDisposable
{
    private readonly ProcessAdapters _adapters;
    private readonly DeviceRelease _release;

    private ReleaseRun(ProcessAdapters adapters, DeviceRelease release) => (_adapters, _release) = (adapters, release);

    /// <exception cref="Dfu.Protocol.Errors.DfuException">AdapterInUse, or why no radio could be opened.</exception>
    public static async Task<ReleaseRun> OpenAsync(IReadOnlyList<AdapterSpec> specs, TimeProvider time, CancellationToken cancellationToken)
    {
        var adapters = new ProcessAdapters(time);
        DeviceRelease? release = null;
        try
        {
            release = new DeviceRelease([.. specs.SelectMany(spec => spec.Open(adapters))], time);
            await release.OpenAsync(cancellationToken);
            return new ReleaseRun(adapters, release);
        }
        catch
        {
            if (release is not null) await release.DisposeAsync();
            await adapters.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc cref="DeviceRelease.RunAsync"/>
    public Task<ReleasedDevice> RunAsync(BluetoothAddress address, TimeSpan within, CancellationToken cancellationToken) =>
        _release.RunAsync(address, within, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _release.DisposeAsync();
        await _adapters.DisposeAsync();
    }
}
