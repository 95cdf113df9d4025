using Dfu.Cluster.Tests.Harness;
using Dfu.Fleet.Campaigns;

namespace Dfu.Cluster.Tests.Client;

/// <summary>For devices of a <c>sim:</c> adapter.</summary>
internal static class Requests
{
    public static CampaignRequest All(int devices, int size = 4 * 4096)
    {
        var (package, file) = Room.Build(size);
        return new() { Package = package, PackageFile = file, Targets = new() { All = true, Count = devices } };
    }
}
