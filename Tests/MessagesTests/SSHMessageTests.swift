import Testing

@testable import SSH

/// What users read when a host's key is not accepted.
@Suite("Messages of SSH")
struct SSHMessageTests {
  private let key = HostKey(
    type: "ssh-ed25519",
    base64: "AAAAC3NzaC1lZDI1NTE5AAAAIJ5ZqvZ2m9Xl6r3h8S5c7kE2rVdPq1yTjN0wBfGuHsLa")

  private func entry(_ marker: KnownHosts.Marker?) -> KnownHosts.Entry {
    KnownHosts.Entry(
      file: "/home/ann/.ssh/known_hosts", line: 7, marker: marker,
      hosts: HostPattern("198.18.0.21"),
      key: HostKey(type: "ssh-rsa", base64: key.base64))
  }

  @Test("a host key that is not accepted is shown with the ways to accept it")
  func hostKeys() throws {
    var topic = Rendering("ssh-host-keys")
    var destination = Destination(
      label: "app-1", address: "198.18.0.21", user: "ann", identities: .files([]),
      knownHosts: ["/home/ann/.ssh/known_hosts"])
    let report = HostKeyReport(destination: destination, key: key)
    topic.add("unknown", report.unknown(others: [], certificateAuthorities: []))
    topic.add(
      "unknown, another type and a certificate authority are known",
      report.unknown(others: [entry(nil)], certificateAuthorities: [entry(.certificateAuthority)]))
    topic.add("changed", report.changed([entry(nil), entry(nil)]))
    topic.add("revoked", report.revoked(entry(.revoked)))
    destination.hostKeys = ["ssh-rsa " + key.base64]
    topic.add("not pinned", HostKeyReport(destination: destination, key: key).notPinned)
    destination.knownHosts = []
    topic.add(
      "unknown, without a file",
      HostKeyReport(destination: destination, key: key).unknown(
        others: [], certificateAuthorities: []))
    try topic.check()
  }
}
