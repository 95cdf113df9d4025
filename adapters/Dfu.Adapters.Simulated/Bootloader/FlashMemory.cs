namespace Dfu.Adapters.Simulated.Bootloader;

/// <summary>
/// What survives a power cut: settings pages, the application's room by pages, the SoftDevice's identity. Addresses are relative to the start
/// of the application.
/// </summary>
/// <remarks>As in real flash, writing only clears bits: a page must be erased before it is written again. A page that is not there is erased.</remarks>
internal sealed class FlashMemory
{
    private readonly SortedDictionary<int, byte[]> _pages = [];
    private readonly SortedSet<int> _dirty = [];
    public Settings? Main { get; set; }

    public Settings? Backup { get; set; }

    /// <summary>Null takes any package's requirement.</summary>
    public SoftDeviceIdentity? SoftDevice { get; set; }

    public void Erase(int address, int pages)
    {
        for (var page = address / ChipModel.PageSize; pages > 0; page++, pages--)
        {
            _pages.Remove(page);
            _dirty.Add(page);
        }
    }

    public void Write(int address, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var (number, at) = Math.DivRem(address, ChipModel.PageSize);
            var count = Math.Min(bytes.Length, ChipModel.PageSize - at);
            if (!_pages.TryGetValue(number, out var page))
            {
                page = new byte[ChipModel.PageSize];
                page.AsSpan().Fill(0xff);
                _pages.Add(number, page);
            }

            for (var i = 0; i < count; i++) page[at + i] &= bytes[i];
            _dirty.Add(number);
            bytes = bytes[count..];
            address += count;
        }
    }

    /// <summary>Clears the lowest bit of the first byte of every page that sets it, or else of a later one.</summary>
    public void Spoil()
    {
        foreach (var (number, page) in _pages)
        {
            var at = Array.FindIndex(page, value => (value & 1) != 0);
            if (at < 0) continue;
            page[at] &= 0xfe;
            _dirty.Add(number);
        }
    }

    public byte[] Read(int address, int length)
    {
        var bytes = new byte[length];
        for (var done = 0; done < length;)
        {
            var (number, at) = Math.DivRem(address + done, ChipModel.PageSize);
            var count = Math.Min(length - done, ChipModel.PageSize - at);
            if (_pages.TryGetValue(number, out var page)) page.AsSpan(at, count).CopyTo(bytes.AsSpan(done));
            else bytes.AsSpan(done, count).Fill(0xff);
            done += count;
        }

        return bytes;
    }

    /// <summary>Copies of the pages that changed since the last call; null is an erased page.</summary>
    public List<(int Number, byte[]? Content)> TakeDirtyPages()
    {
        var pages = _dirty.Select(number => (number, _pages.TryGetValue(number, out var page) ? (byte[]?)page.Clone() : null)).ToList();
        _dirty.Clear();
        return pages;
    }

    public void LoadPage(int number, byte[] content) => _pages[number] = content;
}
