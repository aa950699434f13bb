package import Fleet

/// Where the nginx of each host that has a site reports its connections, for an exporter (`stub_status:`).
package struct StubStatus: Hashable, Sendable {
  package var port: Port
  /// Who may ask besides the host itself; nginx refuses all others with 403.
  package var allow: [AddressRange]

  package init(port: Port, allow: [AddressRange] = []) {
    self.port = port
    self.allow = allow
  }
}
