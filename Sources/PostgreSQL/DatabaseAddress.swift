package import Certificates

/// Which database to connect to, as libpq gets it: what is not given here comes from libpq's own variables and
/// files (`PGHOST`, `PGSERVICE`, `~/.pgpass`, `pg_service.conf`).
package struct DatabaseAddress: Sendable {
  /// A connection string or URI without a password (PostgreSQL manual, 34.1.1); empty if everything is libpq's.
  package var connection: String
  /// A section of `pg_service.conf`.
  package var service: String?
  /// From the environment; libpq looks into `~/.pgpass` if it is nil.
  package var password: Secret?

  package init(connection: String = "", service: String? = nil, password: Secret? = nil) {
    (self.connection, self.service, self.password) = (connection, service, password)
  }

  /// The keywords and values that libpq gets; later ones count.
  var keywords: [(String, String)] {
    var keywords = [("dbname", connection)]
    if let service { keywords.append(("service", service)) }
    keywords += [
      ("fallback_application_name", "deploy"), ("client_encoding", "UTF8"),
      // The kernel ends a connection whose other end is gone, also while nothing is asked.
      ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
      ("tcp_user_timeout", "4000"),
    ]
    return keywords
  }
}
