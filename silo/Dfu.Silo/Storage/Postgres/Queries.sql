-- What Orleans' AdoNet providers ask a database, by the keys, parameters and result columns they know; a test compares them with Orleans' assemblies.
-- Each query is one transaction. A change whose expected version is no longer there changes nothing: membership is
-- told 0 rows, grain storage gets no row.
-- This file is run whenever a step was missing, after the steps. To change it, add a step: so a database that has the former texts is an older one.

DELETE FROM orleansquery;
INSERT INTO orleansquery (querykey, querytext) VALUES
('InsertMembershipVersionKey', $query$
    WITH added AS (INSERT INTO dfu_cluster (cluster) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT count(*)::integer FROM added
$query$),

-- The query that raises the version holds its row until the end: others wait for it, and then find another version.
('InsertMembershipKey', $query$
    WITH raised AS (
        UPDATE dfu_cluster SET version = version + 1, changed = now()
        WHERE cluster = @DeploymentId AND version = @Version AND NOT EXISTS (
            SELECT FROM dfu_member m
            WHERE m.cluster = @DeploymentId AND m.address = @Address AND m.port = @Port AND m.generation = @Generation)
        RETURNING cluster
    ), added AS (
        INSERT INTO dfu_member (cluster, address, port, generation, silo, host, status, gateway_port, started, alive)
        SELECT cluster, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM raised
        RETURNING 1
    )
    SELECT count(*)::integer FROM added
$query$),
('UpdateMembershipKey', $query$
    WITH raised AS (
        UPDATE dfu_cluster SET version = version + 1, changed = now()
        WHERE cluster = @DeploymentId AND version = @Version AND EXISTS (
            SELECT FROM dfu_member m
            WHERE m.cluster = @DeploymentId AND m.address = @Address AND m.port = @Port AND m.generation = @Generation)
        RETURNING cluster
    ), updated AS (
        UPDATE dfu_member m SET status = @Status, suspicions = @SuspectTimes, alive = greatest(m.alive, @IAmAliveTime)
        FROM raised
        WHERE raised.cluster = m.cluster AND m.cluster = @DeploymentId AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
        RETURNING 1
    )
    SELECT count(*)::integer FROM updated
$query$),
('UpdateIAmAlivetimeKey', $query$
    UPDATE dfu_member SET alive = @IAmAliveTime
    WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$query$),
('MembershipReadRowKey', $query$
    SELECT m.address AS "Address", m.port AS "Port", m.generation AS "Generation", m.silo AS "SiloName", m.host AS "HostName", m.status AS "Status",
        m.gateway_port AS "ProxyPort", m.suspicions AS "SuspectTimes", m.started AS "StartTime", m.alive AS "IAmAliveTime", c.version AS "Version"
    FROM dfu_cluster c LEFT JOIN dfu_member m
        ON m.cluster = c.cluster AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
    WHERE c.cluster = @DeploymentId
$query$),
('MembershipReadAllKey', $query$
    SELECT m.address AS "Address", m.port AS "Port", m.generation AS "Generation", m.silo AS "SiloName", m.host AS "HostName", m.status AS "Status",
        m.gateway_port AS "ProxyPort", m.suspicions AS "SuspectTimes", m.started AS "StartTime", m.alive AS "IAmAliveTime", c.version AS "Version"
    FROM dfu_cluster c LEFT JOIN dfu_member m ON m.cluster = c.cluster
    WHERE c.cluster = @DeploymentId
$query$),
('DeleteMembershipTableEntriesKey', $query$
    DELETE FROM dfu_member WHERE cluster = @DeploymentId;
    DELETE FROM dfu_cluster WHERE cluster = @DeploymentId
$query$),

-- 3 is SiloStatus.Active.
('CleanupDefunctSiloEntriesKey', $query$
    DELETE FROM dfu_member WHERE cluster = @DeploymentId AND status <> 3 AND alive < @IAmAliveTime
$query$),
('GatewaysQueryKey', $query$
    SELECT address AS "Address", gateway_port AS "ProxyPort", generation AS "Generation"
    FROM dfu_member WHERE cluster = @DeploymentId AND status = @Status AND gateway_port > 0
$query$),

('ReadFromStorageKey', $query$
    SELECT payload AS "PayloadBinary", version AS "Version" FROM dfu_state
    WHERE service = @ServiceId AND name = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1 AND key = coalesce(@GrainIdExtensionString::text, '')
$query$),
('WriteToStorageKey', $query$
    WITH updated AS (
        UPDATE dfu_state SET payload = @PayloadBinary, version = version + 1, changed = now()
        WHERE service = @ServiceId AND name = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
            AND key = coalesce(@GrainIdExtensionString::text, '') AND version = @GrainStateVersion::integer
        RETURNING version
    ), added AS (
        INSERT INTO dfu_state (service, name, n0, n1, key, version, payload)
        SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString::text, ''), 1, @PayloadBinary
        WHERE @GrainStateVersion::integer IS NULL
        ON CONFLICT DO NOTHING
        RETURNING version
    )
    SELECT version AS "NewGrainStateVersion" FROM updated UNION ALL SELECT version FROM added
$query$),

-- The row stays, so that a version is never given twice to anybody who may still know it. Those of long ago are deleted by retention.
('ClearStorageKey', $query$
    UPDATE dfu_state SET payload = NULL, version = version + 1, changed = now()
    WHERE service = @ServiceId AND name = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
        AND key = coalesce(@GrainIdExtensionString::text, '') AND version = @GrainStateVersion::integer
    RETURNING version AS "NewGrainStateVersion"
$query$),
('DeleteStorageKey', $query$
    DELETE FROM dfu_state
    WHERE service = @ServiceId AND name = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
        AND key = coalesce(@GrainIdExtensionString::text, '') AND version = @GrainStateVersion::integer
    RETURNING version + 1 AS "NewGrainStateVersion"
$query$),

('UpsertReminderRowKey', $query$
    INSERT INTO dfu_reminder AS r (service, grain, name, hash, start, period)
    VALUES (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period)
    ON CONFLICT (service, grain, name) DO UPDATE
        SET hash = excluded.hash, start = excluded.start, period = excluded.period, version = r.version + 1
    RETURNING version AS "Version"
$query$),
('ReadReminderRowKey', $query$
    SELECT grain AS "GrainId", name AS "ReminderName", start AS "StartTime", period AS "Period", version AS "Version"
    FROM dfu_reminder WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName
$query$),
('ReadReminderRowsKey', $query$
    SELECT grain AS "GrainId", name AS "ReminderName", start AS "StartTime", period AS "Period", version AS "Version"
    FROM dfu_reminder WHERE service = @ServiceId AND grain = @GrainId
$query$),
('ReadRangeRows1Key', $query$
    SELECT grain AS "GrainId", name AS "ReminderName", start AS "StartTime", period AS "Period", version AS "Version"
    FROM dfu_reminder WHERE service = @ServiceId AND hash > @BeginHash AND hash <= @EndHash
$query$),

-- The range that goes over the end of the ring.
('ReadRangeRows2Key', $query$
    SELECT grain AS "GrainId", name AS "ReminderName", start AS "StartTime", period AS "Period", version AS "Version"
    FROM dfu_reminder WHERE service = @ServiceId AND (hash > @BeginHash OR hash <= @EndHash)
$query$),
('DeleteReminderRowKey', $query$
    WITH deleted AS (
        DELETE FROM dfu_reminder WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName AND version = @Version
        RETURNING 1
    )
    SELECT count(*)::integer FROM deleted
$query$),
('DeleteReminderRowsKey', $query$
    DELETE FROM dfu_reminder WHERE service = @ServiceId
$query$);
