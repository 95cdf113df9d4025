using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Microsoft.Data.Sqlite;

namespace Dfu.Silo.Storage;

/// <summary>The store of one process: <c>fleet.db</c>, <c>ledger</c> and <c>packages/</c> in a data directory the caller has locked.</summary>
/// <remarks>Every save is one transaction, synced before it returns; the engine groups checkpoints into such saves.</remarks>
public sealed class SqliteFleetStore : IFleetStore
{
    private static readonly SqliteSchema Schema = new("dfu-single-process", 1, """
        CREATE TABLE campaign (id TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE device (campaign TEXT NOT NULL, id INTEGER NOT NULL, state TEXT NOT NULL, PRIMARY KEY (campaign, id)) WITHOUT ROWID;
        CREATE TABLE class (key TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE history (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, campaign TEXT NOT NULL, device INTEGER, kind TEXT NOT NULL, text TEXT NOT NULL);
        CREATE INDEX history_device ON history (device);
        """);

    private readonly object _gate = new();
    private readonly SqliteDatabase _database;
    private readonly MappedTrafficLedger _ledger;
    private readonly PackageFiles _packages;
    private string? _current;

    private SqliteFleetStore(SqliteDatabase database, MappedTrafficLedger ledger, PackageFiles packages)
    {
        _database = database;
        _ledger = ledger;
        _packages = packages;
        _current = database.Read(_ => database.Meta("campaign"));
    }

    public ITrafficLedger Ledger => _ledger;

    /// <exception cref="DfuException">DataDirectoryForeign or DataDirectoryUnusable.</exception>
    public static SqliteFleetStore Open(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DfuException(DfuError.DataDirectoryUnusable, $"{directory} cannot be made: {e.Message}", e);
        }

        var database = SqliteDatabase.Open(Path.Combine(directory, SqliteDatabase.FileName), Schema);
        try
        {
            return new(database, MappedTrafficLedger.Open(Path.Combine(directory, "ledger")), new(Path.Combine(directory, "packages")));
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public Task<StoredFleet?> LoadAsync(CancellationToken cancellationToken) => Answer(() => _database.Read(_ =>
    {
        if (_current is null) return null;
        using var campaign = _database.Command("SELECT state FROM campaign WHERE id = $id", ("$id", _current));
        if (campaign.ExecuteScalar() is not string state) return null;
        using var devices = _database.Command("SELECT state FROM device WHERE campaign = $id ORDER BY id", ("$id", _current));
        return new StoredFleet(FleetJson.ReadCampaign(state), [.. Texts(devices).Select(FleetJson.ReadDevice)]);
    }));

    public Task<ImmutableArray<ClassState>> LoadClassesAsync(CancellationToken cancellationToken) => Answer(() => _database.Read(_ =>
    {
        using var classes = _database.Command("SELECT state FROM class ORDER BY key");
        return Texts(classes).Select(FleetJson.ReadClass).ToImmutableArray();
    }));

    public Task BeginAsync(CampaignState campaign, ImmutableArray<DeviceState> devices, CancellationToken cancellationToken) => Do(() =>
    {
        _database.Write(_ =>
        {
            if (_current is not null && _current != campaign.Id) _database.Run("DELETE FROM device WHERE campaign = $id", ("$id", _current));
            _database.Run("DELETE FROM device WHERE campaign = $id", ("$id", campaign.Id));
            Put(campaign);
            Put(campaign.Id, devices);
            _database.Run("INSERT INTO meta (key, value) VALUES ('campaign', $id) ON CONFLICT (key) DO UPDATE SET value = $id", ("$id", campaign.Id));
        });
        _current = campaign.Id;
    });

    public Task SaveAsync(FleetChanges changes, CancellationToken cancellationToken) => Do(() => _database.Write(_ =>
    {
        if (changes.Campaign is { } campaign) Put(campaign);
        if (!changes.Devices.IsEmpty) Put(_current ?? throw new InvalidOperationException("no campaign was begun"), changes.Devices);
        foreach (var entry in changes.Classes)
            _database.Run("INSERT INTO class (key, state) VALUES ($key, $state) ON CONFLICT (key) DO UPDATE SET state = $state", ("$key", entry.Key), ("$state", FleetJson.Write(entry)));
        foreach (var entry in changes.History)
        {
            _database.Run(
                "INSERT INTO history (at, campaign, device, kind, text) VALUES ($at, $campaign, $device, $kind, $text)",
                ("$at", entry.At.UtcTicks),
                ("$campaign", entry.Campaign),
                ("$device", (long?)entry.Device?.Value),
                ("$kind", entry.Kind),
                ("$text", entry.Text));
        }
    }));

    public Task SavePackageAsync(string id, ReadOnlyMemory<byte> file, CancellationToken cancellationToken) => Do(() => _packages.Save(id, file.Span));

    public Task<ReadOnlyMemory<byte>?> LoadPackageAsync(string id, CancellationToken cancellationToken) =>
        Answer(() => _packages.Load(id) is { } bytes ? bytes : (ReadOnlyMemory<byte>?)null);

    public Task<ImmutableArray<HistoryEntry>> LoadHistoryAsync(BluetoothAddress? device, CancellationToken cancellationToken) => Answer(() => _database.Read(_ =>
    {
        using var command = _database.Command(
            "SELECT at, campaign, device, kind, text FROM history WHERE $device IS NULL OR device = $device ORDER BY seq", ("$device", (long?)device?.Value));
        using var rows = command.ExecuteReader();
        var history = ImmutableArray.CreateBuilder<HistoryEntry>();
        while (rows.Read())
        {
            BluetoothAddress? about = rows.IsDBNull(2) ? null : new BluetoothAddress((ulong)rows.GetInt64(2));
            history.Add(new(new DateTimeOffset(rows.GetInt64(0), TimeSpan.Zero), rows.GetString(1), about, rows.GetString(3), rows.GetString(4)));
        }

        return history.ToImmutable();
    }));

    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _ledger.Dispose();
            _database.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private static IEnumerable<string> Texts(SqliteCommand command)
    {
        using var rows = command.ExecuteReader();
        while (rows.Read()) yield return rows.GetString(0);
    }

    private void Put(CampaignState campaign) => _database.Run(
        "INSERT INTO campaign (id, state) VALUES ($id, $state) ON CONFLICT (id) DO UPDATE SET state = $state", ("$id", campaign.Id), ("$state", FleetJson.Write(campaign)));

    private void Put(string campaign, ImmutableArray<DeviceState> devices)
    {
        using var command = _database.Command(
            "INSERT INTO device (campaign, id, state) VALUES ($campaign, $id, $state) ON CONFLICT (campaign, id) DO UPDATE SET state = $state",
            ("$campaign", campaign),
            ("$id", 0L),
            ("$state", ""));
        foreach (var device in devices)
        {
            command.Parameters["$id"].Value = (long)device.Id.Value;
            command.Parameters["$state"].Value = FleetJson.Write(device);
            command.ExecuteNonQuery();
        }
    }

    /// <summary>SQLite works on the caller's thread: a save takes milliseconds, and virtual time must not leave its thread.</summary>
    private Task<bool> Do(Action work) => Answer(() =>
    {
        work();
        return true;
    });

    private Task<T> Answer<T>(Func<T> work)
    {
        lock (_gate)
        {
            try
            {
                return Task.FromResult(work());
            }
            catch (Exception e)
            {
                return Task.FromException<T>(e);
            }
        }
    }
}
