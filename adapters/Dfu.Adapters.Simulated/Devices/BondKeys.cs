namespace Dfu.Adapters.Simulated.Devices;

/// <summary>Who has keys of one device: its application's peers, the one of them its bootloader was given, and the radios that kept theirs.</summary>
/// <remarks>
/// docs/bootloader.md#bonds. Radios are told apart by <see cref="AdapterModel.Identity"/>. Key exchange and encryption themselves are not modelled: who
/// has a key has the right one.
/// </remarks>
internal sealed class BondKeys
{
    private readonly SortedDictionary<string, bool> _peers = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _radios = new(StringComparer.Ordinal);

    public BondKeys(VirtualDeviceOptions options)
    {
        if (options.BondedWith is not { } radio) return;
        _peers[radio] = false;
        if (options.BondKept) _radios.Add(radio);
        if (!options.StartsInApplication) Bootloader = radio;
    }

    public BondKeys(Saved saved)
    {
        foreach (var (radio, hasIdentityKey) in saved.Peers) _peers[radio] = hasIdentityKey;
        _radios.UnionWith(saved.Radios);
        Bootloader = saved.Bootloader;
    }

    /// <summary>The peer whose bond the bootloader was given; null when it has none.</summary>
    public string? Bootloader { get; private set; }

    /// <summary>Whether the radio has a key of this device.</summary>
    public bool IsKnownTo(string radio) => _radios.Contains(radio);

    /// <summary>Encrypts, pairing before that where neither side has a key.</summary>
    /// <param name="givesIdentityKey">What the radio gives of itself when it pairs.</param>
    /// <returns>False where the application knows the radio and the radio has lost its key: Nordic's Peer Manager does not pair again then.</returns>
    public bool SecureApplication(string radio, bool givesIdentityKey)
    {
        if (_peers.ContainsKey(radio)) return _radios.Contains(radio);
        _peers[radio] = givesIdentityKey;
        _radios.Add(radio);
        return true;
    }

    /// <summary>The bootloader pairs with nobody.</summary>
    public bool SecureBootloader(string radio) => radio == Bootloader && _radios.Contains(radio);

    /// <summary>Whether a bootloader answers the radio at all: it knows only a peer that gave its identity key well enough to shut out others.</summary>
    public bool Admits(string radio) => Bootloader is not { } peer || peer == radio || !_peers.GetValueOrDefault(peer);

    public void GiveToBootloader(string radio) => Bootloader = radio;

    /// <summary>The bootloader starts the application, and erases what it was given.</summary>
    public void TakeFromBootloader() => Bootloader = null;

    public void ForgetBy(string radio) => _radios.Remove(radio);

    public Saved Save() => new(_peers.ToDictionary(), [.. _radios], Bootloader);

    internal sealed record Saved(IReadOnlyDictionary<string, bool> Peers, IReadOnlyList<string> Radios, string? Bootloader);
}
