namespace Dfu.Silo.Cluster.Storage;

/// <summary>What Orleans' AdoNet providers ask a database, by the keys, parameters and result columns they know (Orleans 10.3).</summary>
/// <remarks>
/// Each is one statement and so one transaction. A change whose expected version is no longer there changes nothing:
/// membership is told 0 rows, grain storage gets no row.
/// </remarks>
internal static class PostgresQueries
{
    private const string Member = "m.cluster = @DeploymentId AND m.address = @Address AND m.port = @Port AND m.generation = @Generation";

    private const string MemberColumns = """
        SELECT m.address AS "Address", m.port AS "Port", m.generation AS "Generation", m.silo AS "SiloName", m.host AS "HostName", m.status AS "Status",
            m.gateway_port AS "ProxyPort", m.suspicions AS "SuspectTimes", m.started AS "StartTime", m.alive AS "IAmAliveTime", c.version AS "Version"
        FROM dfu_cluster c LEFT JOIN dfu_member m ON m.cluster = c.cluster
        """;

    private const string State = "service = @ServiceId AND name = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1 AND key = coalesce(@GrainIdExtensionString::text, '')";

    private const string ReminderColumns = """
        SELECT grain AS "GrainId", name AS "ReminderName", start AS "StartTime", period AS "Period", version AS "Version" FROM dfu_reminder WHERE service = @ServiceId
        """;

    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>
    {
        ["InsertMembershipVersionKey"] = """
            WITH added AS (INSERT INTO dfu_cluster (cluster) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
            SELECT count(*)::integer FROM added
            """,

        // Whoever raises the version holds its row until the end: others wait, and then find another version.
        ["InsertMembershipKey"] = $"""
            WITH raised AS (
                UPDATE dfu_cluster SET version = version + 1, changed = now()
                WHERE cluster = @DeploymentId AND version = @Version AND NOT EXISTS (SELECT FROM dfu_member m WHERE {Member})
                RETURNING cluster
            ), added AS (
                INSERT INTO dfu_member (cluster, address, port, generation, silo, host, status, gateway_port, started, alive)
                SELECT cluster, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM raised
                RETURNING 1
            )
            SELECT count(*)::integer FROM added
            """,
        ["UpdateMembershipKey"] = $"""
            WITH raised AS (
                UPDATE dfu_cluster SET version = version + 1, changed = now()
                WHERE cluster = @DeploymentId AND version = @Version AND EXISTS (SELECT FROM dfu_member m WHERE {Member})
                RETURNING cluster
            ), updated AS (
                UPDATE dfu_member m SET status = @Status, suspicions = @SuspectTimes, alive = greatest(m.alive, @IAmAliveTime)
                FROM raised WHERE raised.cluster = m.cluster AND {Member}
                RETURNING 1
            )
            SELECT count(*)::integer FROM updated
            """,
        ["UpdateIAmAlivetimeKey"] = $"UPDATE dfu_member m SET alive = @IAmAliveTime WHERE {Member}",
        ["MembershipReadRowKey"] = $"{MemberColumns} AND m.address = @Address AND m.port = @Port AND m.generation = @Generation WHERE c.cluster = @DeploymentId",
        ["MembershipReadAllKey"] = $"{MemberColumns} WHERE c.cluster = @DeploymentId",
        ["DeleteMembershipTableEntriesKey"] = "DELETE FROM dfu_member WHERE cluster = @DeploymentId; DELETE FROM dfu_cluster WHERE cluster = @DeploymentId",

        // 3 is SiloStatus.Active.
        ["CleanupDefunctSiloEntriesKey"] = "DELETE FROM dfu_member WHERE cluster = @DeploymentId AND status <> 3 AND alive < @IAmAliveTime",
        ["GatewaysQueryKey"] = """
            SELECT address AS "Address", gateway_port AS "ProxyPort", generation AS "Generation"
            FROM dfu_member WHERE cluster = @DeploymentId AND status = @Status AND gateway_port > 0
            """,

        ["ReadFromStorageKey"] = $"""
            SELECT payload AS "PayloadBinary", version AS "Version" FROM dfu_state WHERE {State}
            """,
        ["WriteToStorageKey"] = $"""
            WITH updated AS (
                UPDATE dfu_state SET payload = @PayloadBinary, version = version + 1, changed = now()
                WHERE {State} AND version = @GrainStateVersion::integer
                RETURNING version
            ), added AS (
                INSERT INTO dfu_state (service, name, n0, n1, key, version, payload)
                SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString::text, ''), 1, @PayloadBinary
                WHERE @GrainStateVersion::integer IS NULL
                ON CONFLICT DO NOTHING
                RETURNING version
            )
            SELECT version AS "NewGrainStateVersion" FROM updated UNION ALL SELECT version FROM added
            """,

        // The row stays, so that a version is never given twice.
        ["ClearStorageKey"] = $"""
            UPDATE dfu_state SET payload = NULL, version = version + 1, changed = now()
            WHERE {State} AND version = @GrainStateVersion::integer
            RETURNING version AS "NewGrainStateVersion"
            """,
        ["DeleteStorageKey"] = $"""
            DELETE FROM dfu_state WHERE {State} AND version = @GrainStateVersion::integer
            RETURNING version + 1 AS "NewGrainStateVersion"
            """,

        ["UpsertReminderRowKey"] = """
            INSERT INTO dfu_reminder AS r (service, grain, name, hash, start, period)
            VALUES (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period)
            ON CONFLICT (service, grain, name) DO UPDATE SET hash = excluded.hash, start = excluded.start, period = excluded.period, version = r.version + 1
            RETURNING version AS "Version"
            """,
        ["ReadReminderRowKey"] = $"{ReminderColumns} AND grain = @GrainId AND name = @ReminderName",
        ["ReadReminderRowsKey"] = $"{ReminderColumns} AND grain = @GrainId",
        ["ReadRangeRows1Key"] = $"{ReminderColumns} AND hash > @BeginHash AND hash <= @EndHash",

        // The range that goes over the end of the ring.
        ["ReadRangeRows2Key"] = $"{ReminderColumns} AND (hash > @BeginHash OR hash <= @EndHash)",
        ["DeleteReminderRowKey"] = """
            WITH deleted AS (DELETE FROM dfu_reminder WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName AND version = @Version RETURNING 1)
            SELECT count(*)::integer FROM deleted
            """,
        ["DeleteReminderRowsKey"] = "DELETE FROM dfu_reminder WHERE service = @ServiceId",
    };
}
