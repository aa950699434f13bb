/// The program that runs on hosts: one POSIX sh file, which a host stores under its digest in
/// `/etc/deploy/lib` from its first transaction on.
package struct HostProgram: Sendable {
  /// ASCII only, so that bytes and characters are the same for every shell and locale.
  let text: [UInt8]
  /// SHA-256 of the text in lower-case hex.
  let digest: String

  /// The parts, each after those that it uses; the last one runs the command of the first argument.
  static let parts: [(name: String, text: [UInt8])] = [
    ("base", PackageResources.base_sh), ("progress", PackageResources.progress_sh),
    ("nginx", PackageResources.nginx_sh), ("rules", PackageResources.rules_sh),
    ("firewall", PackageResources.firewall_sh), ("units", PackageResources.units_sh),
    ("force", PackageResources.force_sh), ("undo", PackageResources.undo_sh),
    ("survey", PackageResources.survey_sh), ("surroundings", PackageResources.surroundings_sh),
    ("staging", PackageResources.staging_sh), ("validation", PackageResources.validation_sh),
    ("arming", PackageResources.arming_sh), ("transaction", PackageResources.transaction_sh),
    ("confirm", PackageResources.confirm_sh), ("connections", PackageResources.connections_sh),
    ("main", PackageResources.main_sh),
  ]

  /// - Parameter digest: SHA-256 in lower-case hex.
  package init(digest: ([UInt8]) -> String) {
    self.init(
      text: Self.heading
        + Self.withoutComments(
          Self.parts.map { String(decoding: $0.text, as: UTF8.self) }.joined()),
      digest: digest)
  }

  init(text: String, digest: ([UInt8]) -> String) {
    self.text = Array(text.utf8)
    self.digest = digest(self.text)
  }

  /// The comment at the top, for administrators who find the file on a host.
  private static let heading = """
    #!/bin/sh
    # What deploy runs on this host. Its source, with comments, is in Sources/Execution/Host/Program.

    """

  /// The part without comments, which are a third of it and are not needed on hosts.
  static func withoutComments(_ script: String) -> String {
    script.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.drop { $0 == " " }.hasPrefix("#") }
      .joined(separator: "\n")
  }
}
