import Fleet

/// A request to an ACME server.
package struct HTTPRequest: Hashable, Sendable {
  /// The methods that ACME uses.
  package enum Method: Hashable, Sendable {
    case get, head
    /// A signed message.
    case post([UInt8])
  }

  package var method: Method
  package var url: String

  package init(_ method: Method, _ url: String) {
    self.method = method
    self.url = url
  }
}

/// The answer of an ACME server.
package struct HTTPResponse: Hashable, Sendable {
  package var status: Int
  /// The values of each field, by its name in lower case.
  package var fields: [String: [String]]
  package var body: [UInt8]

  package init(status: Int, fields: [String: [String]] = [:], body: [UInt8] = []) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  var isSuccess: Bool { (200..<300).contains(status) }

  /// The only value of a field.
  func field(_ name: String) -> String? { fields[name]?.first }

  /// The URLs that the answer links to in a relation (RFC 8288), such as `alternate`.
  func links(_ relation: String) -> [String] {
    (fields["link"] ?? []).flatMap { $0.split(separator: ",") }.compactMap { link in
      let parts = link.split(separator: ";").map { $0.trimmed }
      guard let target = parts.first, target.hasPrefix("<"), target.hasSuffix(">"),
        parts.dropFirst().contains(where: { $0 == "rel=\"\(relation)\"" || $0 == "rel=\(relation)" }
        )
      else { return nil }
      return String(target.dropFirst().dropLast())
    }
  }

  /// The moment from which the server wants to be asked again (RFC 9110, 10.2.3).
  func retryTime(from now: Timestamp) -> Timestamp? {
    guard let text = field("retry-after") else { return nil }
    return Int64(text).map { now.adding(seconds: max($0, 0)) } ?? Timestamp(httpDate: text)
  }
}

extension Substring {
  /// Without white space at its ends.
  var trimmed: Substring {
    guard let last = lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return self[...last].drop(while: \.isWhitespace)
  }
}

extension Timestamp {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Reads `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
  init?(httpDate text: String) {
    let words = text.split(separator: " ")
    guard words.count == 6, words[5] == "GMT",
      let month = Self.months.firstIndex(where: { $0 == words[2] })
    else { return nil }
    let number = month + 1
    self.init("\(words[3])-\(number < 10 ? "0" : "")\(number)-\(words[1])T\(words[4])Z")
  }
}
