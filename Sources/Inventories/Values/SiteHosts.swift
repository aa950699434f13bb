internal import Diagnostics
import Fleet
internal import YAML

extension DeclaredHosts {
  /// The front-ends of a site: `all`, or a list of names and patterns.
  ///
  /// - Returns: each host once, in the order written. Unknown and repeated names are reported, and
  ///   a site without front-ends.
  func frontEnds(
    _ node: Node, _ found: inout DiagnosticCollector
  ) -> [Placed<HostName>] {
    var listed = Listed<HostName>(role: .frontEnd)
    if node.isAll {
      listed.isEmpty = declaresNone(.frontEnd)
      for name in names[.frontEnd] ?? [] { listed.add(name, name.text, at: node.place, &found) }
    } else {
      let elements = node.listed(expected: Self.expected, &found)
      var matches = Matches(.frontEnd, besides: elements)
      for element in elements {
        listed.isEmpty = false
        for name in frontEnds(in: element, &matches, &found) {
          listed.add(name.value, name.value.text, at: name.place, &found)
        }
      }
    }
    return listed.finish(node, &found)
  }

  /// Reads one element of a site's front-ends: a name, or a mapping with a pattern.
  private func frontEnds(
    in node: Node, _ matches: inout Matches, _ found: inout DiagnosticCollector
  ) -> [Placed<HostName>] {
    guard case .mapping = node.content else {
      return [resolve(node, as: .frontEnd, &found)].compactMap(\.self)
    }
    guard let pattern = Fields<MatchField>(node, &found)?.required(.match, &found) else {
      return []
    }
    return matches.hosts(matching: pattern, of: self, &found)
  }

  /// The back-ends of a site: `all`, or a list of names and of mappings with port, weight and more.
  ///
  /// A host with a container becomes its container. Repeated and unknown hosts are reported, and
  /// lists that have only backups.
  ///
  /// - Parameter port: where back-ends listen that have no `port` of their own.
  func upstreams(
    _ node: Node, port: Port, _ found: inout DiagnosticCollector
  ) -> [Placed<Upstream>] {
    var listed = Listed<Upstream>(role: .backEnd)
    if node.isAll {
      listed.isEmpty = declaresNone(.backEnd)
      for name in names[.backEnd] ?? [] {
        listed.add(backEnd(name, port), name.text, at: node.place, &found)
      }
    } else {
      let elements = node.listed(expected: Self.expected, &found)
      var matches = Matches(.backEnd, besides: elements)
      for element in elements {
        listed.isEmpty = false
        for upstream in upstreams(in: element, port: port, &matches, &found) {
          let name = "\(upstream.value.host):\(upstream.value.port)"
          listed.add(upstream.value, name, at: upstream.place, &found)
        }
      }
    }
    let upstreams = listed.finish(node, &found)
    if !upstreams.isEmpty, upstreams.allSatisfy(\.value.isBackup) {
      found.report(.backupsAlone(at: node.place))
    }
    return upstreams
  }

  private static let expected = "a list of host names, or \("all".quoted)"

  /// Reads one element of a site's back-ends: a name, or a mapping with a name or a pattern, and with port, weight and
  /// failure limits.
  private func upstreams(
    in node: Node, port: Port, _ matches: inout Matches, _ found: inout DiagnosticCollector
  ) -> [Placed<Upstream>] {
    guard case .mapping = node.content else {
      return [resolve(node, as: .backEnd, &found)].compactMap(\.self).map {
        Placed(value: backEnd($0.value, port), place: $0.place)
      }
    }
    guard let fields = Fields<UpstreamField>(node, &found) else { return [] }
    let choice = fields.exactlyOne(of: .host, .match, reporting: &found)
    let own = fields[.port]?.port(&found)
    let weight = fields[.weight]?.integer(in: 1...1000, &found)
    let isBackup = fields[.backup]?.boolean(&found)
    let maxFails = fields[.maxFails]?.integer(in: 0...1000, &found)
    let failTimeout = fields[.failTimeout]?.someTime(&found)
    guard let (key, value) = choice else { return [] }
    let hosts =
      key == .match
      ? matches.hosts(matching: value, of: self, &found)
      : [resolve(value, as: .backEnd, &found)].compactMap(\.self)
    return hosts.map { host in
      let place = fields[.port]?.place ?? host.place
      if let own, let container = self.hosts[host.value]?.value.container,
        own != container.published
      {
        found.report(.unpublishedPort(own, container, on: host.value, at: place))
      }
      var upstream = backEnd(host.value, own ?? port)
      upstream.weight = weight ?? 1
      upstream.isBackup = isBackup ?? false
      upstream.maxFails = maxFails
      upstream.failTimeout = failTimeout ?? .seconds(10)
      return Placed(value: upstream, place: place)
    }
  }

  /// The back-end that serves the site: the host, or the container that it has.
  private func backEnd(_ name: HostName, _ port: Port) -> Upstream {
    guard let container = hosts[name]?.value.container else {
      return Upstream(host: name, port: port)
    }
    return Upstream(host: container.host, port: container.port)
  }
}

/// The hosts of a site in the order written, each once, while they are read.
private struct Listed<Value> {
  let role: Role
  /// Whether nothing is listed, not even a host with a mistake.
  var isEmpty = true
  private var values: [Placed<Value>] = []
  private var names: Set<String> = []

  init(role: Role) { self.role = role }

  /// Adds a host; reports one that is already listed.
  mutating func add(
    _ value: Value, _ name: String, at place: SourcePlace, _ found: inout DiagnosticCollector
  ) {
    if names.insert(name).inserted {
      values.append(Placed(value: value, place: place))
    } else {
      found.report(.repeatedHost(name, at: place))
    }
  }

  /// The hosts that were added; reports a site that names none.
  func finish(_ node: Node, _ found: inout DiagnosticCollector) -> [Placed<Value>] {
    if isEmpty, node.isListOrAll { found.report(.siteWithoutHosts(role, at: node.place)) }
    return values
  }
}

extension Node {
  fileprivate var isAll: Bool { isWord("all") }

  fileprivate var isListOrAll: Bool {
    if case .sequence = content { true } else { isAll }
  }

  /// The elements of a list; a mapping is a list of one. Reports any other value.
  fileprivate func listed(expected: String, _ found: inout DiagnosticCollector) -> [Node] {
    if case .mapping = content { return [self] }
    return elements(&found, expected: expected) ?? []
  }
}
