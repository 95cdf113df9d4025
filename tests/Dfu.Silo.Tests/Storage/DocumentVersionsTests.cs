using Dfu.Fleet.Storage;
using Dfu.Silo.Storage.Postgres;
using Dfu.Silo.Storage.Sqlite;

namespace Dfu.Silo.Tests.Storage;

public sealed class DocumentVersionsTests
{
    /// <summary>
    /// A program looks at the schema before it begins, and at a document's version only when it needs the document. So a document's version is never raised
    /// alone: with it come a step of <see cref="SqliteSchema"/> and one in Storage/Postgres/Steps, which may be empty, and then an older program refuses the
    /// database as a whole, and an upgrade keeps a copy.
    /// </summary>
    [Fact]
    public void A_schema_says_which_documents_are_in_it()
    {
        var documents = typeof(StoredVersionAttribute).Assembly.GetTypes()
            .Where(type => type.GetProperties().Any(property => property.IsDefined(typeof(StoredVersionAttribute), false)))
            .Select(type => $"{type.Name} {type.GetField("CurrentVersion")!.GetRawConstantValue()}")
            .Order(StringComparer.Ordinal);
        Assert.Equal((2, 3), (SqliteSchema.Current.Latest, PostgresSchema.Latest));
        Assert.Equal(
            [
                "AccessKeysState 1", "AdapterState 1", "AuditHead 1", "AuditPage 1", "CampaignLabels 1", "CampaignState 1", "CampaignSummary 1", "ClassState 1",
                "DeviceHistory 1", "DevicePassport 1", "DeviceRecord 1", "DeviceState 1", "DirectoryState 1", "RetentionState 1",
            ],
            documents);
    }
}
