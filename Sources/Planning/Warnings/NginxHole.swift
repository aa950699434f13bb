import Nginx

/// A security hole of nginx in how it tells clients by their certificates.
package struct NginxHole: Sendable {
  /// As it is registered at cve.org.
  let name: String
  /// Each from the first version that has it up to the first that has not.
  let versions: [Range<Version>]
  /// What may happen, and whether it may to what deploy renders.
  let effect: String
  /// The versions that have it no more.
  let remedy: String

  /// What hosts are asked about.
  package static let names = all.map(\.name)

  func affects(_ version: Version) -> Bool { versions.contains { $0.contains(version) } }

  /// Those that are known of what nginx's HTTP servers do with client certificates and with the TLS
  /// sessions that stand for them; the versions are those of the CVE records.
  static let all = [
    NginxHole(
      name: "CVE-2025-23419",
      versions: [
        Version(1, 11, 4)..<Version(1, 26, 3), Version(1, 27, 0)..<Version(1, 27, 4),
      ],
      effect:
        "where several servers on one address and port keep TLS sessions, a client that one of them"
        + " accepted may resume its session with another without its certificate. The servers that"
        + " deploy makes keep no sessions where they ask for certificates, and are not at risk; your"
        + " own may be",
      remedy: "1.26.3, 1.27.4"),
    NginxHole(
      name: "CVE-2026-40701",
      versions: [Version(1, 19, 0)..<Version(1, 30, 1)],
      effect:
        "where a server asks about client certificates by OCSP (ssl_ocsp), a client may make nginx"
        + " use freed memory. No server that deploy makes has ssl_ocsp; your own may be at risk",
      remedy: "1.30.1, 1.31.0"),
    NginxHole(
      name: "CVE-2026-97629",
      versions: [
        Version(1, 23, 3)..<Version(1, 30, 6), Version(1, 31, 0)..<Version(1, 31, 7),
      ],
      effect:
        "what stands for a TLS session may be predicted. The servers that deploy makes keep no"
        + " sessions where they ask for certificates, and are not at risk; your own may be",
      remedy: "1.30.6, 1.31.7"),
  ]
}
