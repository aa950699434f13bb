internal import Diagnostics
import Fleet
internal import YAML

extension Service {
  /// Reads only the port, which the site's back-ends need first; reports no mistakes.
  static func port(_ node: Node) -> Port? {
    var unsaid = DiagnosticCollector()
    return Fields<ServiceField>(node, &unsaid)?[.port]?.port(&unsaid)
  }

  /// Reads a site's `back_end:`: its port, and exactly one of `root`, `proxy` and `fastcgi`, but
  /// `fastcgi` may have a `root` too.
  ///
  /// - Parameter isComplete: false in `defaults`, where a site adds what is missing.
  static func read(
    _ entry: Node.Entry, isComplete: Bool, _ found: inout DiagnosticCollector
  ) -> Service? {
    guard let fields = Fields<ServiceField>(entry.value, at: entry.place, &found)
    else { return nil }
    let port = fields[.port]?.port(&found) ?? .https
    let index = fields[.index]?.read(FileName.self, &found)
    if let node = fields[.fastcgi] {
      if let proxy = fields.entry(.proxy) { found.report(.twoApplications(at: proxy.place)) }
      let root = fields[.root]?.read(RemotePath.self, &found)
      if let index = fields.entry(.index), fields[.root] == nil {
        found.report(.indexWithoutRoot(at: index.place))
      }
      return LocalApplication.fastCGI(node, &found).map {
        Service(port: port, content: .fastCGI($0, root: root, index: index ?? .phpIndex))
      }
    }
    if !isComplete, [ServiceField.root, .proxy].allSatisfy({ fields[$0] == nil }) { return nil }
    guard
      let (key, node) = fields.exactlyOne(of: .root, .proxy, .fastcgi, reporting: &found)
    else { return nil }
    if key == .root {
      return node.read(RemotePath.self, &found)
        .map { Service(port: port, content: .files(root: $0, index: index ?? .index)) }
    }
    if let index = fields.entry(.index) { found.report(.indexWithoutRoot(at: index.place)) }
    return LocalApplication.proxy(node, &found)
      .map { Service(port: port, content: .proxy($0)) }
  }
}

extension LocalApplication {
  /// Reads the URL of an application, `http://ADDRESS:PORT` or `http://unix:/PATH`.
  fileprivate static func proxy(
    _ node: Node, _ found: inout DiagnosticCollector
  ) -> LocalApplication? {
    node.value(
      noun: "an application's URL",
      rule: "http://ADDRESS:PORT with a numeric address, an IPv6 one in brackets, "
        + "or http://unix:/PATH of a socket", &found,
      repair: { text in
        let bare = text.hasSuffix("/") ? String(text.dropLast()) : text
        return bare.hasPrefix("unix:")
          ? "http://" + bare : bare.replacingHost("localhost", with: "127.0.0.1")
      },
      parse: { text in
        text.hasPrefix("http://")
          ? LocalApplication(String(text.dropFirst("http://".count))) : nil
      })
  }

  /// Reads the address of a FastCGI application, `ADDRESS:PORT` or `unix:/PATH`.
  fileprivate static func fastCGI(
    _ node: Node, _ found: inout DiagnosticCollector
  ) -> LocalApplication? {
    node.value(
      noun: "a FastCGI application",
      rule: "ADDRESS:PORT with a numeric address, an IPv6 one in brackets, or unix:/PATH of a "
        + "socket", &found,
      repair: { $0.hasPrefix("/") ? "unix:" + $0 : nil },
      parse: { LocalApplication($0) })
  }

  /// Returns nil unless the text is a numeric address, a colon and a port, or `unix:` and
  /// a path.
  init?(_ text: String) {
    if text.hasPrefix("unix:") {
      guard let path = RemotePath(String(text.dropFirst("unix:".count))) else { return nil }
      self = .unix(path)
      return
    }
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    guard (1...5).contains(digits.utf8.count), digits.first != "0",
      digits.utf8.allSatisfy(\.isDigit), let port = Int(digits).flatMap({ Port($0) })
    else { return nil }
    let host = text[..<colon]
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    guard let address = IPAddress(String(isBracketed ? host.dropFirst().dropLast() : host)),
      isBracketed == (address.bitWidth == 128)
    else { return nil }
    self = .tcp(address, port)
  }
}

extension String {
  /// The URL with the host replaced, to suggest an address instead of a name.
  fileprivate func replacingHost(_ host: String, with address: String) -> String {
    let prefix = "http://\(host):"
    return hasPrefix(prefix) ? "http://\(address):" + dropFirst(prefix.count) : self
  }
}
