internal import Diagnostics
import Fleet
internal import YAML

extension RequestPolicy {
  /// Reads a site's `timeouts`, `max_body_size`, `websockets` and `headers`; a node is nil if its
  /// key is missing.
  static func read(
    timeouts: Node?, maxBodySize: Node?, webSockets: Node?, headers: Node?,
    _ found: inout DiagnosticCollector
  ) -> RequestPolicy {
    RequestPolicy(
      timeouts: timeouts.flatMap { Timeouts.read($0, &found) } ?? Timeouts(),
      maxBodySize: maxBodySize?.read(ByteCount.self, &found),
      webSockets: webSockets?.boolean(&found) ?? false,
      headers: headers.map { ResponseHeader.read($0, &found) } ?? [])
  }
}

extension Timeouts {
  /// Reads `timeouts`; missing ones keep their defaults.
  fileprivate static func read(_ node: Node, _ found: inout DiagnosticCollector) -> Timeouts? {
    guard let fields = Fields<TimeoutField>(node, &found) else { return nil }
    var timeouts = Timeouts()
    timeouts.connect = fields[.connect]?.someTime(&found) ?? timeouts.connect
    timeouts.read = fields[.read]?.someTime(&found) ?? timeouts.read
    timeouts.send = fields[.send]?.someTime(&found) ?? timeouts.send
    return timeouts
  }
}

extension Node {
  /// Reads a period of at least one second: with 0, nginx would not wait at all.
  func someTime(_ found: inout DiagnosticCollector) -> Period? {
    value(noun: Period.noun, rule: Period.rule + ", and at least 1s", &found) { text in
      Period(text).flatMap { $0.seconds > 0 ? $0 : nil }
    }
  }
}

extension ResponseHeader {
  /// Reads `headers`, sorted by name. HSTS has a key of its own, so its header is reported.
  fileprivate static func read(
    _ node: Node, _ found: inout DiagnosticCollector
  ) -> [ResponseHeader] {
    var headers: [ResponseHeader] = []
    for entry in node.entries(&found) ?? [] {
      let name = entry.name(HeaderName.self, &found)
      let value = entry.value.read(HeaderValue.self, &found)
      guard let name, let value else { continue }
      if name.value.isSame(as: "Strict-Transport-Security") {
        found.report(.headerWithKey(at: name.place))
      } else if headers.contains(where: { $0.name.isSame(as: name.value.text) }) {
        found.report(.repeatedHeader(name.value, at: name.place))
      } else {
        headers.append(ResponseHeader(name: name.value, value: value))
      }
    }
    return headers.sorted()
  }
}

extension Stapling {
  /// Reads `stapling`: the file with the issuers' certificates, and at least one name server.
  static func read(_ entry: Node.Entry, _ found: inout DiagnosticCollector) -> Stapling? {
    guard let fields = Fields<StaplingField>(entry.value, at: entry.place, &found)
    else { return nil }
    let chain = fields.required(.chain, &found)?.localFile(&found)
    guard let node = fields.required(.resolver, &found), let elements = node.elements(&found)
    else { return nil }
    if elements.isEmpty {
      found.report(
        .emptyList(
          at: node.place, reason: "Without one, nginx cannot find the certificate's responder."))
    }
    let resolvers = elements.compactMap { element in
      element.value(
        noun: "a name server's address", rule: "one host's, written like 198.51.100.7", &found,
        parse: { IPAddress($0)?.ofOneHost })
    }
    return chain.map { Stapling(chain: $0, resolvers: resolvers) }
  }
}

extension ContentNetwork {
  private static let reason =
    "No one could reach the site. If visitors connect to the front-ends directly, remove the key."

  /// Reads a network's name, a list of its ranges, or a mapping with `ranges` and `header`.
  static func read(_ node: Node, _ found: inout DiagnosticCollector) -> ContentNetwork? {
    switch node.content {
    case .scalar:
      return node.choice(of: KnownNetwork.self, &found).map(ContentNetwork.known)
    case .sequence:
      return listed(node, header: .forwardedFor, &found)
    case .mapping:
      guard let fields = Fields<NetworkField>(node, &found) else {
        return nil
      }
      let header = fields[.header]?.read(HeaderName.self, &found)
      return fields.required(.ranges, &found).flatMap {
        listed($0, header: header ?? .forwardedFor, &found)
      }
    }
  }

  /// A network that is declared by its ranges; nil if there is none.
  private static func listed(
    _ node: Node, header: HeaderName, _ found: inout DiagnosticCollector
  ) -> ContentNetwork? {
    node.ranges(ifEmpty: reason, &found).map { .listed(Set($0).sorted(), header: header) }
  }
}
