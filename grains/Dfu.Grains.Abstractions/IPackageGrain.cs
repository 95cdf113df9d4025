namespace Dfu.Grains;

/// <summary>One package file, by the SHA-256 of its bytes (64 lower-case hexadecimal digits).</summary>
[Alias("dfu.package")]
public interface IPackageGrain : IGrainWithStringKey
{
    /// <summary>Durable when it returns. The same file again changes nothing.</summary>
    /// <exception cref="ArgumentException">The bytes have another hash.</exception>
    [Alias("Put")]
    Task PutAsync(byte[] file);

    /// <summary>Null when it was never put.</summary>
    [Alias("Get")]
    Task<byte[]?> GetAsync();

    [Alias("Exists")]
    Task<bool> ExistsAsync();

    /// <summary>From retention: nobody has needed the package for long.</summary>
    /// <returns>False when somebody has wanted it lately: then it stays.</returns>
    [Alias("Forget")]
    Task<bool> ForgetAsync();
}
