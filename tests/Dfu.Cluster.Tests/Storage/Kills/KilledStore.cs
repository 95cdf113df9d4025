using System.Globalization;
using Dfu.Cluster.Tests.Children;
using Dfu.Silo.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Dfu.Cluster.Tests.Storage.Kills;

/// <summary>A database whose writers are killed one after the other; after each kill all that was acknowledged must be in it, and nothing else.</summary>
/// <param name="most">So many acknowledged writes at most are waited for before a kill.</param>
internal sealed class KilledStore(string directory, Random random, int most = 400)
{
    private readonly WrittenValue[] _held = [.. Enumerable.Range(0, WrittenValue.Grains).Select(static grain => new WrittenValue(grain, 0, 0))];
    private int _runs;

    public long Acknowledged { get; private set; }

    /// <summary>Kills that came before the first write was acknowledged, so also while the log of the kill before was read.</summary>
    public int KilledEarly { get; private set; }

    /// <summary>Starts a writer, kills it at a random moment, and compares what is there with what it was told.</summary>
    /// <exception cref="InvalidOperationException">Something that was acknowledged is not there, or something is there that nobody wrote.</exception>
    public async Task KillAsync()
    {
        var run = ++_runs;
        var acknowledged = new int[WrittenValue.Grains];
        var before = Acknowledged;
        var moment = random.Next(10) switch
        {
            0 => "opening",
            1 => "open",
            _ => null,
        };
        using (var child = ChildProcess.Start(SqliteWriter.Role, directory, run.ToString(CultureInfo.InvariantCulture)))
        {
            var waited = random.Next(most);
            for (var lines = 0; moment is null ? lines < waited : await child.LineAsync() != moment; lines++)
            {
                if (moment is null) Take(await child.LineAsync(), acknowledged);
            }

            // Not at the writer's own pace alone: somewhere between two lines, too.
            Thread.SpinWait(random.Next(200_000));
            foreach (var line in await child.KillAsync()) Take(line, acknowledged);
        }

        if (Acknowledged == before) KilledEarly++;
        await CheckAsync(run, acknowledged);
    }

    private void Take(string line, int[] acknowledged)
    {
        if (line.StartsWith("refused", StringComparison.Ordinal)) throw new InvalidOperationException(line);

        // The kill may have cut the last line short: "12 3" of "12 34" was acknowledged, too.
        if (line.Split(' ') is not [var grain, var write] || !int.TryParse(grain, out var number) || !int.TryParse(write, out var count)) return;
        acknowledged[number] = Math.Max(acknowledged[number], count);
        Acknowledged++;
    }

    private async Task CheckAsync(int run, int[] acknowledged)
    {
        // Every second time a copy is looked at, so that the next writer finds the files as the kill has left them.
        using var copy = random.Next(2) == 0 ? new Support.TemporaryDirectory() : null;
        if (copy is not null)
        {
            foreach (var file in Directory.GetFiles(directory)) File.Copy(file, Path.Combine(copy.Path, Path.GetFileName(file)));
        }

        var place = copy?.Path ?? directory;
        using var storage = SqliteGrainStorage.Open(place);
        for (var grain = 0; grain < WrittenValue.Grains; grain++) _held[grain] = await FindAsync(storage, grain, run, acknowledged[grain]);
        Sound(Path.Combine(place, SqliteDatabase.FileName));
    }

    private async Task<WrittenValue> FindAsync(SqliteGrainStorage storage, int grain, int run, int acknowledged)
    {
        var last = acknowledged == 0 ? _held[grain] : new WrittenValue(grain, run, acknowledged);
        if (await last.IsInAsync(storage)) return last;

        // It was on the disk, and the kill came before that was said.
        var next = new WrittenValue(grain, run, acknowledged + 1);
        return await next.IsInAsync(storage) ? next : throw new InvalidOperationException($"kill {run}: {last} was acknowledged and is not there");
    }

    private static void Sound(string database)
    {
        using var connection = new SqliteConnection($"Data Source={database};Pooling=False;Mode=ReadOnly");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT group_concat(integrity_check) FROM pragma_integrity_check";
        if (command.ExecuteScalar() is not "ok" and var flaw) throw new InvalidOperationException($"{database}: {flaw}");
    }
}
