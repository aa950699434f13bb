/// The tables of a database that fleets share, in a schema of their own. They change forward only.
enum DatabaseSchema {
  /// The version that this program needs.
  static var version: Int { changes.count }

  /// The version of the tables that are there; no row if there are none.
  static let present = """
    SELECT version FROM deploy.schema_version
    """

  /// The statements that bring the tables from a version to the present one, as one transaction.
  static func migration(from version: Int) -> String {
    changes[version...].joined(separator: "\n")
      + "\nUPDATE deploy.schema_version SET version = \(Self.version);"
  }

  /// Prevents that two programs make the tables at the same time.
  static let lock = "SELECT pg_advisory_xact_lock(hashtext('deploy.schema_version'))"

  /// The statements of each version. One that was released is never changed.
  private static let changes = [
    """
    CREATE SCHEMA IF NOT EXISTS deploy;
    CREATE TABLE deploy.schema_version (version integer NOT NULL);
    INSERT INTO deploy.schema_version VALUES (0);
    COMMENT ON SCHEMA deploy IS 'Fleets of deploy. Change nothing here by hand.';

    CREATE TABLE deploy.fleets (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name text NOT NULL UNIQUE,
      lineage text NOT NULL DEFAULT '',
      state_version integer NOT NULL DEFAULT 0,
      serial bigint NOT NULL DEFAULT 0,
      moved_at timestamptz
    );
    COMMENT ON COLUMN deploy.fleets.serial IS 'Increases with every change of the state.';
    COMMENT ON COLUMN deploy.fleets.moved_at IS 'Since when the fleet is in files again.';

    CREATE TABLE deploy.records (
      fleet bigint NOT NULL REFERENCES deploy.fleets ON DELETE CASCADE,
      kind text NOT NULL,
      key text NOT NULL,
      record json NOT NULL,
      PRIMARY KEY (fleet, kind, key)
    );
    COMMENT ON TABLE deploy.records IS 'The state: a row for each host, certificate, revocation, CA generation.';

    CREATE TABLE deploy.files (
      fleet bigint NOT NULL REFERENCES deploy.fleets ON DELETE CASCADE,
      path text NOT NULL,
      content bytea NOT NULL,
      PRIMARY KEY (fleet, path)
    );
    COMMENT ON TABLE deploy.files IS 'The files of the CA. Its private keys are encrypted.';

    CREATE TABLE deploy.runs (
      id text PRIMARY KEY,
      fleet bigint NOT NULL REFERENCES deploy.fleets ON DELETE CASCADE,
      who text NOT NULL,
      command text NOT NULL,
      process integer NOT NULL,
      started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      alive_until timestamptz NOT NULL,
      ended_at timestamptz,
      lost_to text,
      step integer NOT NULL DEFAULT 0
    );
    CREATE INDEX ON deploy.runs (fleet, started_at);
    COMMENT ON COLUMN deploy.runs.alive_until IS 'Until then, what it has reserved is its own.';
    COMMENT ON COLUMN deploy.runs.lost_to IS 'The run that took over what this one had reserved: it records nothing more.';

    COMMENT ON COLUMN deploy.runs.step IS 'The number of its last write: an earlier one that comes late is not carried out.';

    CREATE TABLE deploy.reservations (
      fleet bigint NOT NULL REFERENCES deploy.fleets ON DELETE CASCADE,
      host text NOT NULL,
      run text NOT NULL REFERENCES deploy.runs ON DELETE CASCADE,
      exclusive boolean NOT NULL,
      PRIMARY KEY (fleet, host, run)
    );
    COMMENT ON COLUMN deploy.reservations.host IS 'The name of a host; * is the whole fleet and its CA.';
    CREATE INDEX ON deploy.reservations (run);

    CREATE TABLE deploy.history (
      fleet bigint NOT NULL REFERENCES deploy.fleets ON DELETE CASCADE,
      number bigint GENERATED ALWAYS AS IDENTITY,
      entry json NOT NULL,
      PRIMARY KEY (fleet, number)
    );
    COMMENT ON TABLE deploy.history IS 'The beginning, the plan and the end of each run.';

    CREATE VIEW deploy.hosts AS
      SELECT f.name AS fleet, r.key AS host, r.record -> 'release' ->> 'number' AS release,
        r.record ->> 'appliedAt' AS applied_at, r.record ->> 'appliedBy' AS applied_by
      FROM deploy.records r JOIN deploy.fleets f ON f.id = r.fleet WHERE r.kind = 'hosts';
    """
  ]
}
