using Dfu.Protocol.Links;

namespace Dfu.Simulation.Tests.Support;

/// <summary>Says something else in a bootloader's place now and then.</summary>
internal sealed class AnsweringLink : Benchmarks.WrappedLink
{
    private readonly Func<byte[], byte[]> _instead;

    /// <param name="instead">The answer that is passed on, for the one that was given.</param>
    public AnsweringLink(IDfuLink inner, Func<byte[], byte[]> instead)
        : base(inner)
    {
        _instead = instead;
        _ = PassOnAsync();
    }

    protected override void OnNotification(LinkNotification notification) =>
        Pass(notification with { Value = _instead(notification.Value.ToArray()) });
}
