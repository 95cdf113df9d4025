using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Peers;

/// <summary>Whether a package is taken.</summary>
/// <param name="Refusal">None when it is.</param>
public sealed record PackageAnswer(DfuError Refusal, string Detail)
{
    public static readonly PackageAnswer Taken = new(DfuError.None, "");

    /// <exception cref="DfuException">Why it was not taken.</exception>
    public void OrThrow()
    {
        if (Refusal != DfuError.None) throw new DfuException(Refusal, Detail);
    }
}
