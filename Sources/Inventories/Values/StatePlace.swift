import Fleet

/// Where the state of the fleet and the files of its CA are kept.
package enum StatePlace: Hashable, Sendable {
  /// Beside the inventory.
  case files
  case postgresql(PostgreSQLPlace)
}

/// A PostgreSQL database, as far as the inventory says where it is; libpq's variables and files say the rest.
package struct PostgreSQLPlace: Hashable, Sendable {
  /// A section of `pg_service.conf`; nil for none.
  package var service: ServiceName?
  /// A connection string or URI; nil for none.
  package var connection: ConnectionText?

  package init(service: ServiceName? = nil, connection: ConnectionText? = nil) {
    (self.service, self.connection) = (service, connection)
  }
}

/// The name of a section of `pg_service.conf`.
package struct ServiceName: ValidatedText {
  package let text: String
  package static let noun = "a service of pg_service.conf"
  package static let rule = "1 to 63 letters, digits, dots, hyphens and underscores"

  package init?(_ text: String) {
    let isFit = text.utf8.allSatisfy { $0.isLetterOrDigit || ".-_".utf8.contains($0) }
    guard isFit, (1...63).contains(text.utf8.count) else { return nil }
    self.text = text
  }
}

/// How libpq reaches a database, without a password: keywords and values, or a URI (PostgreSQL manual, 34.1.1).
package struct ConnectionText: ValidatedText {
  package let text: String
  package static let noun = "a connection to PostgreSQL"
  package static let rule =
    "a connection string such as \"host=db.example dbname=deploy\" or a postgresql:// URI, in one line of at most"
    + " 1000 printable ASCII characters"

  package init?(_ text: String) {
    let isPrintable = text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    guard isPrintable, (1...1000).contains(text.utf8.count), text.contains("=") || Self.isURI(text),
      !Self.hasPassword(text)
    else { return nil }
    self.text = text
  }

  private static func isURI(_ text: String) -> Bool {
    text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
  }

  /// Whether it has a keyword for a secret, or a user with a password before the host of a URI.
  static func hasPassword(_ text: String) -> Bool {
    let letters = String(decoding: text.utf8.filter { $0 != 0x20 }, as: UTF8.self).lowercased()
    // Escaped letters of a URI could spell the keyword.
    if letters.contains("password=") || (isURI(text) && hasEscapedKeyword(letters)) { return true }
    guard isURI(text) else { return false }
    let server = text.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" && $0 != "?" }
    guard let at = server.lastIndex(of: "@") else { return false }
    return server[..<at].contains(":")
  }

  private static func hasEscapedKeyword(_ text: String) -> Bool {
    text.drop { $0 != "?" }.split { "?&".contains($0) }
      .contains { ($0.split(separator: "=").first ?? "").contains("%") }
  }
}
