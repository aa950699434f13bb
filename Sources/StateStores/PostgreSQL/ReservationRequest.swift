internal import Fleet
internal import FoundationEssentials
internal import PostgreSQL

/// Enters a run and what it reserves in the database, unless another run that lives has some of it.
struct ReservationRequest {
  /// What happened to a request.
  enum Outcome: Sendable {
    case reserved
    /// The run that has some of it, and which hosts.
    case blocked(by: LockHolder, hosts: [String])
  }

  let run: String
  let fleet: String
  let holder: LockHolder

  /// The name that stands for the whole fleet and its CA. A run on some hosts shares it.
  private static let wholeFleet = "*"

  private struct Wanted: Encodable {
    var host: String
    var exclusive: Bool
  }

  private static func wanted(_ hosts: ReservedHosts) -> [Wanted] {
    switch hosts {
    case .fleet: [Wanted(host: wholeFleet, exclusive: true)]
    case .hosts(let changed, let needed):
      [Wanted(host: wholeFleet, exclusive: false)]
        + changed.map { Wanted(host: $0.text, exclusive: true) }
        + needed.subtracting(changed).map { Wanted(host: $0.text, exclusive: false) }
    }
  }

  func reserve(_ hosts: ReservedHosts, over session: DatabaseSession) throws -> Outcome {
    let wanted = String(
      decoding: try JSONEncoder().encode(Self.wanted(hosts)), as: UTF8.self)
    return try session.transaction { connection, deadline in
      func query(_ sql: String, _ parameters: [String]) throws -> DatabaseRows {
        try connection.query(sql, parameters, by: deadline)
      }
      // Only one run at a time looks and reserves.
      let id = try query(Self.fleetRow, [fleet]).text(0, 0) ?? ""
      let others = try query(Self.othersInTheWay, [id, run, wanted])
      for row in 0..<others.count where others.text(row, 4) == "t" {
        // Two runs that wait would wait for each other if they kept what they have.
        _ = try query("DELETE FROM deploy.runs WHERE id = $1", [run])
        return .blocked(
          by: DatabaseReservation.holder(others, row),
          hosts: (others.text(row, 6) ?? "").split(separator: " ").map(String.init))
      }
      for row in 0..<others.count {
        let other = others.text(row, 5) ?? ""
        // Its heartbeat may have come between.
        guard try query(Self.takeOver, [other, run]).count > 0 else {
          throw DatabaseError(.conflict, "the run \(other) is alive again")
        }
      }
      _ = try query(
        Self.entry, [run, id, holder.who, holder.what, "\(holder.processID)"])
      _ = try query("DELETE FROM deploy.reservations WHERE run = $1", [run])
      _ = try query(Self.reservations, [id, run, wanted])
      return .reserved
    }
  }

  /// The update locks the row, also if it was there.
  private static let fleetRow = """
    INSERT INTO deploy.fleets (name) VALUES ($1)
    ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id
    """

  private static let othersInTheWay = """
    SELECT r.who, r.command, extract(epoch FROM r.started_at)::bigint, r.process,
      r.alive_until > clock_timestamp(), r.id, string_agg(v.host, ' ' ORDER BY v.host)
    FROM json_to_recordset($3::json) AS w(host text, exclusive boolean)
    JOIN deploy.reservations v ON v.fleet = $1::bigint AND v.host = w.host
      AND (v.exclusive OR w.exclusive)
    JOIN deploy.runs r ON r.id = v.run
    WHERE r.id <> $2 GROUP BY r.id ORDER BY r.started_at
    """

  private static let entry = """
    INSERT INTO deploy.runs (id, fleet, who, command, process, alive_until)
    VALUES ($1, $2::bigint, $3, $4, $5::integer, clock_timestamp() + interval '\(Pulse.lifetime) seconds')
    ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until
    """

  private static let takeOver = """
    WITH lost AS (
      UPDATE deploy.runs SET lost_to = $2 WHERE id = $1 AND alive_until <= clock_timestamp() RETURNING id
    ), freed AS (DELETE FROM deploy.reservations v USING lost WHERE v.run = lost.id)
    SELECT id FROM lost
    """

  private static let reservations = """
    INSERT INTO deploy.reservations (fleet, host, run, exclusive)
    SELECT $1::bigint, host, $2, exclusive FROM json_to_recordset($3::json) AS w(host text, exclusive boolean)
    """
}
