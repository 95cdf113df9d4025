namespace Dfu.Protocol.Errors;

/// <summary>The one exception of an update: a code from <see cref="DfuError"/> and what happened this time.</summary>
public sealed class DfuException : Exception
{
    public DfuException(DfuError error, string detail, Exception? inner = null)
        : base(detail, inner) => Error = error;

    public DfuError Error { get; }

    /// <summary>The ATT status when <see cref="Error"/> is <see cref="DfuError.AttError"/>, else 0.</summary>
    public byte AttStatus { get; init; }

    /// <summary>What to do about it this time, where that is more telling than the remedy of <see cref="ErrorCatalog"/>; else null.</summary>
    public string? Remedy { get; init; }
}
