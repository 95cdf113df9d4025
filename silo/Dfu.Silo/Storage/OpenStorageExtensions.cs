using Orleans.Runtime.Hosting;
using Orleans.Storage;

namespace Dfu.Silo.Storage;

internal static class OpenStorageExtensions
{
    /// <summary>Storage that is open already, so that what is wrong with it was said before a silo was made; the caller closes it after the silo.</summary>
    public static void AddGrainStorage(this ISiloBuilder silo, string name, IGrainStorage storage) =>
        silo.Services.AddGrainStorage(name, (_, _) => new MeasuredStorage(storage, TimeProvider.System));
}
