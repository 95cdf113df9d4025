using Dfu.Fleet.Storage;
using Orleans.Storage;

namespace Dfu.Grains.Storage;

/// <summary>A package's file in the storage of Orleans; of its bytes it keeps nothing.</summary>
internal sealed class PackageFile(IGrainStorage storage, GrainId package) : IPackageFile
{
    private const string StateName = "package";
    private readonly GrainState<StoredFile> _state = new(new());

    public async Task<byte[]> ReadAsync()
    {
        await storage.ReadStateAsync(StateName, package, _state);
        var bytes = _state.State?.Bytes ?? [];
        _state.State = new();
        return bytes;
    }

    public async Task WriteAsync(byte[] file)
    {
        _state.State = new() { Bytes = file };
        try
        {
            await storage.WriteStateAsync(StateName, package, _state);
        }
        finally
        {
            _state.State = new();
        }
    }

    public Task ClearAsync() => storage.ClearStateAsync(StateName, package, _state);
}
