using System.Diagnostics;

namespace Dfu.Grains.Hosting;

/// <summary>What a turn starts and does not wait for. It belongs to the fleet and not to the call that happened to bring it about, which may be long over.</summary>
internal static class OwnWork
{
    /// <summary>
    /// Leaves the caller's trace and request behind. First in an asynchronous method: its caller keeps them. Without this every call of a
    /// campaign would end up in the trace of whoever started it.
    /// </summary>
    public static void Begin()
    {
        Activity.Current = null;
        RequestContext.Clear();
    }
}
