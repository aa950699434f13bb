import Fleet
internal import Inventories

extension Site {
  /// Whether its front-ends have its back-ends a second time, to be asked when all of them are out.
  /// Its own backups are that where there are some, and nginx never takes out a single one.
  var namesBackEndsTwice: Bool { upstreams.count > 1 && !upstreams.contains(where: \.isBackup) }
}

extension Upstream {
  /// How often a back-end of the last resort may fail before it is out: more often than reloads do it
  /// by the connections that a front-end keeps, so that requests do not queue up before dead hosts.
  private static let maxFailsOfLastResort: Argument = "max_fails=100"

  /// What its line in an upstream block says beyond its address, where nginx's default differs.
  var parameters: [Argument] {
    var parameters: [Argument] = []
    if weight != 1 { parameters.append("weight=\(weight)") }
    if maxFails != 1 {
      parameters.append("max_fails=\(maxFails)")
    } else if isBackup {
      parameters.append(Self.maxFailsOfLastResort)
    }
    if failTimeout != .seconds(10) {
      parameters.append("fail_timeout=\(failTimeout.seconds)s")
    }
    if isBackup { parameters.append("backup") }
    return parameters
  }

  /// What the line says that names it a second time.
  var parametersOfLastResort: [Argument] {
    (weight == 1 ? [] : ["weight=\(weight)"]) + [Self.maxFailsOfLastResort, "backup"]
  }
}

extension Timeouts {
  private static let usual = Timeouts()

  /// How long a `proxy` or a `fastcgi` waits, where nginx's default differs.
  func directives(for protocolName: String) -> [Directive] {
    [("read", read, Self.usual.read), ("send", send, Self.usual.send)]
      .filter { $0.1 != $0.2 }
      .map { Directive("\(protocolName)_\($0.0)_timeout", "\($0.1.seconds)s") }
  }

  /// After how long a request is not given to the next back-end any more, in seconds: never when
  /// a back-end may still be at work on it.
  var nextUpstream: Int64 { min(30, read.seconds) }
}

/// What lets requests become WebSockets (RFC 6455), and nothing else.
enum WebSockets {
  /// For the `http` block: what a request asks for, where it is a WebSocket.
  static let connectionUpgrade = Paragraph(
    "Requests for WebSockets pass; any other upgrade is not passed on.",
    [
      Directive(
        "map", "\(.upgradeHeader)", "\(.upgrade)",
        block: [Paragraph([Directive("default", ""), Directive("websocket", "websocket")])]),
      Directive(
        "map", "\(.upgradeHeader)", "\(.connectionUpgrade)",
        block: [Paragraph([Directive("default", ""), Directive("websocket", "upgrade")])]),
    ])

  /// For a location that proxies; without WebSockets connections are kept for the next request.
  static func headers(isOn: Bool) -> [Directive] {
    guard isOn else { return [Directive("proxy_set_header", "Connection", "")] }
    return [
      Directive("proxy_set_header", "Connection", "\(.connectionUpgrade)"),
      Directive("proxy_set_header", "Upgrade", "\(.upgrade)"),
    ]
  }
}
