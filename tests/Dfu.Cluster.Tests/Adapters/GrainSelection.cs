using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace Dfu.Cluster.Tests.Adapters;

internal static class GrainSelection
{
    /// <summary>Of all grains of the product and of tests, a silo has only these: an interface may have one class in a cluster.</summary>
    public static ISiloBuilder UseOnly(this ISiloBuilder silo, params Type[] classes)
    {
        silo.Services.PostConfigure<GrainTypeOptions>(options => options.Classes.RemoveWhere(
            type => type.Assembly.GetName().Name!.StartsWith("Dfu.", StringComparison.Ordinal) && !classes.Contains(type)));
        return silo;
    }
}
