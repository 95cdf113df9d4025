using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Peers;

/// <summary>What became of something that an operator wants. It is durable when it is answered.</summary>
public sealed record ControlAnswer
{
    /// <summary>None when it is done, or was so already.</summary>
    public DfuError Error { get; init; }

    /// <summary>What was done, or why not, in words.</summary>
    public string Detail { get; init; } = "";

    public static ControlAnswer Done(string detail) => new() { Detail = detail };

    public static ControlAnswer Refused(string detail) => new() { Error = DfuError.InvalidArgument, Detail = detail };
}
