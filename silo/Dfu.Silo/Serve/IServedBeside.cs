namespace Dfu.Silo.Serve;

/// <summary>What is served beside a silo, until it is disposed.</summary>
public interface IServedBeside : IAsyncDisposable
{
    /// <summary>Where browsers and programs of this machine reach it.</summary>
    Uri Url { get; }
}
