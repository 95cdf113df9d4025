using Dfu.Protocol.Errors;

namespace Dfu.Grains;

/// <summary>What became of something that an operator wants. It is durable when it is answered.</summary>
[GenerateSerializer, Immutable, Alias("dfu.control-answer")]
public sealed record ControlAnswer
{
    /// <summary>None when it is done, or was so already.</summary>
    [Id(0)]
    public DfuError Error { get; init; }

    /// <summary>What was done, or why not, in words.</summary>
    [Id(1)]
    public string Detail { get; init; } = "";

    public static ControlAnswer Done(string detail) => new() { Detail = detail };

    public static ControlAnswer Refused(string detail) => new() { Error = DfuError.InvalidArgument, Detail = detail };
}
