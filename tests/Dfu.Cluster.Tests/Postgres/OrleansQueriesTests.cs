using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Dfu.Silo.Storage.Postgres;

namespace Dfu.Cluster.Tests.Postgres;

/// <summary>
/// Our tables answer queries that Orleans' providers choose: every key that they ask for must be there, and a query may only use names that
/// they know. An upgrade of Orleans that changes them fails here.
/// </summary>
public sealed partial class OrleansQueriesTests
{
    private static readonly string[] Providers = ["Orleans.Clustering.AdoNet", "Orleans.Persistence.AdoNet", "Orleans.Reminders.AdoNet"];

    /// <summary>They end in Key as well, but name no query: a column of the table of queries, and a service that is looked up.</summary>
    private static readonly string[] NoQueries = ["QueryKey", "SerializerKey"];

    /// <summary>
    /// Of 10.4, for removing one dead member at a time. Without it Orleans uses CleanupDefunctSiloEntriesKey, of which ours is one statement.
    /// </summary>
    private static readonly string[] Optional = ["CleanupDefunctSiloEntryKey"];

    [Fact]
    public void Every_query_that_Orleans_asks_for_is_there_and_no_other() => Assert.Equal(
        Providers.SelectMany(Texts).Where(text => Key().IsMatch(text)).Except([.. NoQueries, .. Optional]).Order(StringComparer.Ordinal),
        Queries().Select(query => query.Key).Order(StringComparer.Ordinal));

    [Fact]
    public void A_query_uses_parameters_and_columns_that_Orleans_knows()
    {
        var known = Providers.SelectMany(Texts).Concat(Providers.SelectMany(Names)).ToHashSet(StringComparer.Ordinal);
        var used = Queries().SelectMany(query => Used().Matches(query.Text).Select(name => name.Groups[1].Value));
        Assert.Empty(used.Where(name => !known.Contains(name)).Distinct());
    }

    /// <summary>An upgrade renews the texts, and a database is known to need one by a step that it lacks.</summary>
    [Fact]
    public void Other_queries_come_with_a_step() => Assert.Equal(
        (3, "8e7e6c686035a12ed9481c200323e2ae09e4309bb58b88c1be929e7f5d603b3b"),
        (PostgresSchema.Latest, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(File())))));

    private static string File()
    {
        using var text = new StreamReader(typeof(PostgresSchema).Assembly.GetManifestResourceStream("queries.sql")!);
        return text.ReadToEnd();
    }

    private static IEnumerable<(string Key, string Text)> Queries() =>
        [.. Query().Matches(File()).Select(query => (query.Groups[1].Value, query.Groups[2].Value))];

    private static IEnumerable<string> Texts(string assembly) => Read(assembly, static metadata =>
    {
        var texts = new List<string>();
        for (var handle = MetadataTokens.UserStringHandle(1); !handle.IsNil; handle = metadata.GetNextHandle(handle)) texts.Add(metadata.GetUserString(handle));
        return texts;
    });

    private static IEnumerable<string> Names(string assembly) => Read(assembly, static metadata =>
        metadata.PropertyDefinitions.Select(handle => metadata.GetString(metadata.GetPropertyDefinition(handle).Name)).ToList());

    private static List<string> Read(string assembly, Func<MetadataReader, List<string>> read)
    {
        using var file = new PEReader(System.IO.File.OpenRead(Path.Combine(AppContext.BaseDirectory, assembly + ".dll")));
        return read(file.GetMetadataReader());
    }

    [GeneratedRegex("^[A-Z][A-Za-z0-9]+Key$")]
    private static partial Regex Key();

    /// <summary>A parameter, or the name of a result's column.</summary>
    [GeneratedRegex("(?:@|AS \")([A-Za-z0-9]+)")]
    private static partial Regex Used();

    [GeneratedRegex(@"\('(\w+)', \$query\$(.*?)\$query\$\)", RegexOptions.Singleline)]
    private static partial Regex Query();
}
