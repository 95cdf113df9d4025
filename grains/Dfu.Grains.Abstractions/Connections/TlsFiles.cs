namespace Dfu.Grains.Connections;

/// <summary>Files by which a member or a program proves that it belongs to a cluster, and knows who else does. All in PEM form.</summary>
public sealed record TlsFiles
{
    /// <summary>Its own certificate.</summary>
    public required string Certificate { get; init; }

    /// <summary>The private key of <see cref="Certificate"/>.</summary>
    public required string Key { get; init; }

    /// <summary>The cluster's certificate authority, and intermediate ones between it and others' certificates.</summary>
    public required string Authority { get; init; }

    /// <summary>Opens <see cref="Key"/> when it is encrypted.</summary>
    public string? Passphrase { get; init; }

    /// <summary>Never the passphrase.</summary>
    public override string ToString() => $"{Certificate}, {Key}, {Authority}";
}

/// <summary>What a certificate is shown for.</summary>
public enum TlsRole
{
    /// <summary>Programs that start and follow campaigns.</summary>
    Client,

    /// <summary>Members: they are connected to, and connect to each other.</summary>
    Member,
}
