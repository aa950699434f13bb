package import Fleet

/// Where the nginx of each host that has a site reports its connections, for an exporter (`stub_status:`).
package struct StubStatus: Hashable, Sendable {
  package var port: Port
  /// Who may ask besides the host itself; empty means that nginx listens on 127.0.0.1 only.
  package var allow: [AddressRange]

  package init(port: Port, allow: [AddressRange] = []) {
    self.port = port
    self.allow = allow
  }
}
