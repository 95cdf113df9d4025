using System.Security.Cryptography;
using System.Text;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;

namespace Dfu.Silo.Storage.Files;

/// <summary>The byte counts of several campaigns at once: a file for each, opened when it is first asked for. Callable from any thread.</summary>
public sealed class TrafficLedgers(string folder) : IDisposable
{
    /// <summary>Campaigns whose counts are kept. Those of others are forgotten, the longest unused first: their devices have them, too.</summary>
    public const int Most = 64;

    private readonly object _gate = new();
    private readonly Dictionary<string, MappedTrafficLedger> _open = [];

    /// <summary>Open ones in the order they were last asked for.</summary>
    private readonly LinkedList<string> _asked = new();
    private bool _closed;

    /// <summary>The same ledger every time, already begun with this campaign.</summary>
    /// <exception cref="DfuException">DataDirectoryUnusable.</exception>
    public ITrafficLedger For(string campaign)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_open.TryGetValue(campaign, out var known))
            {
                if (_asked.Last!.Value != campaign)
                {
                    _asked.Remove(campaign);
                    _asked.AddLast(campaign);
                }

                return known;
            }

            try
            {
                Directory.CreateDirectory(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new DfuException(DfuError.DataDirectoryUnusable, $"{folder} cannot be made: {e.Message}", e);
            }

            if (_open.Count == 0) Trim(PathOf(campaign));
            while (_open.Count >= Most) Forget(_asked.First!.Value);
            var ledger = MappedTrafficLedger.Open(PathOf(campaign));
            ledger.Begin(campaign);
            _asked.AddLast(campaign);
            return _open[campaign] = ledger;
        }
    }

    /// <summary>Deletes the counts of a campaign that is over. Whoever still counts into them does no harm.</summary>
    public void Forget(string campaign)
    {
        lock (_gate)
        {
            if (_open.Remove(campaign, out var ledger))
            {
                _asked.Remove(campaign);
                ledger.Dispose();
            }

            try
            {
                if (Directory.Exists(folder)) File.Delete(PathOf(campaign));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new DfuException(DfuError.DataDirectoryUnusable, $"the byte counts in {PathOf(campaign)} cannot be deleted: {e.Message}", e);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var ledger in _open.Values) ledger.Dispose();
            _open.Clear();
        }
    }

    /// <summary>Deletes what earlier runs left, but for the last ones used and the one that is wanted.</summary>
    private void Trim(string wanted)
    {
        try
        {
            foreach (var old in new DirectoryInfo(folder).GetFiles().OrderByDescending(static file => file.LastWriteTimeUtc).Skip(Most - 1))
            {
                if (old.FullName != Path.GetFullPath(wanted)) old.Delete();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // They only take room.
        }
    }

    /// <summary>Ids are what callers made up; file names are not.</summary>
    private string PathOf(string campaign) => Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(campaign)))[..32]);
}
