using Dfu.Fleet.Storage;
using Orleans.Storage;

namespace Dfu.Grains.Storage;

/// <summary>A package's file in the storage of Orleans.</summary>
internal sealed class PackageFile(IGrainStorage storage, GrainId package) : IPackageFile
{
    private const string StateName = "package";
    private readonly GrainState<StoredFile> _state = new(new());

    public byte[] Bytes
    {
        get => _state.State!.Bytes;
        set => _state.State = new() { Bytes = value };
    }

    public Task ReadAsync() => storage.ReadStateAsync(StateName, package, _state);

    public Task WriteAsync() => storage.WriteStateAsync(StateName, package, _state);

    public Task ClearAsync() => storage.ClearStateAsync(StateName, package, _state);
}
