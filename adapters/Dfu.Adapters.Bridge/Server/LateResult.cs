namespace Dfu.Adapters.Bridge.Server;

internal static class LateResult
{
    /// <summary>Lets go of what came when nobody waited for it any more; never throws.</summary>
    public static async Task DisposeWhenItComesAsync<T>(this Task<T> coming)
        where T : IAsyncDisposable
    {
        try
        {
            await (await coming).DisposeAsync();
        }
#pragma warning disable CA1031 // Nobody is left to be told.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
