import Fleet
internal import Inventories

extension Site {
  /// Whether its front-ends list its back-ends a second time as backups, to be tried when all of them are out.
  /// The site's own backups serve this purpose if there are any, and nginx never takes out a single back-end.
  var namesBackEndsTwice: Bool { upstreams.count > 1 && !upstreams.contains(where: \.isBackup) }
}

extension Upstream {
  /// How often a backup may fail before it is out: more often than reloads make it fail
  /// through connections that a front-end keeps, so that requests do not queue up for dead hosts.
  private static let maxFailsOfLastResort: Argument = "max_fails=100"

  /// The parameters after its address in an upstream block that differ from nginx's defaults.
  var parameters: [Argument] {
    var parameters: [Argument] = []
    if weight != 1 { parameters.append("weight=\(weight)") }
    if let maxFails {
      if isBackup || maxFails != 1 { parameters.append("max_fails=\(maxFails)") }
    } else if isBackup {
      parameters.append(Self.maxFailsOfLastResort)
    }
    if failTimeout != .seconds(10) {
      parameters.append("fail_timeout=\(failTimeout.seconds)s")
    }
    if isBackup { parameters.append("backup") }
    if isDrained { parameters.append("down") }
    return parameters
  }

  /// The parameters of the line that lists it a second time.
  var parametersOfLastResort: [Argument] {
    (weight == 1 ? [] : ["weight=\(weight)"]) + [Self.maxFailsOfLastResort, "backup"]
  }
}

extension Timeouts {
  private static let usual = Timeouts()

  /// How long a `proxy` or a `fastcgi` waits, if it differs from nginx's default.
  func directives(for protocolName: String) -> [Directive] {
    [("read", read, Self.usual.read), ("send", send, Self.usual.send)]
      .filter { $0.1 != $0.2 }
      .map { Directive("\(protocolName)_\($0.0)_timeout", "\($0.1.seconds)s") }
  }

  /// The seconds after which a request is no longer passed to the next back-end: short enough that no
  /// back-end can still be working on it.
  var nextUpstream: Int64 { min(30, read.seconds) }
}

/// Directives that let requests become WebSockets (RFC 6455), and nothing else.
enum WebSockets {
  /// For the `http` block: the requested upgrade, if it is a WebSocket.
  static let connectionUpgrade = Paragraph(
    "Upgrades to WebSockets are passed on, and no other ones.",
    [
      Directive(
        "map", "\(.upgradeHeader)", "\(.upgrade)",
        block: [Paragraph([Directive("default", ""), Directive("websocket", "websocket")])]),
      Directive(
        "map", "\(.upgradeHeader)", "\(.connectionUpgrade)",
        block: [Paragraph([Directive("default", ""), Directive("websocket", "upgrade")])]),
    ])

  /// For a location that proxies; without WebSockets, connections are kept for the next request.
  static func headers(isOn: Bool) -> [Directive] {
    guard isOn else { return [Directive("proxy_set_header", "Connection", "")] }
    return [
      Directive("proxy_set_header", "Connection", "\(.connectionUpgrade)"),
      Directive("proxy_set_header", "Upgrade", "\(.upgrade)"),
    ]
  }
}
