import Application
import ArgumentParser
import State

/// `deploy revoke`
struct RevokeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Has certificates refused by every host from now on.",
    discussion: """
      Of a host, every certificate that was ever issued to it and has not expired is revoked, also those of \
      releases that it keeps. One that stays in the inventory and answers gets new certificates first, so \
      that its requests continue; then the others refuse the old ones. If it fails or takes long, they \
      refuse them all the same, and requests that need it fail. What else the inventory wants is done as \
      well, as by an apply. Exits with 1 and what is open if any host could not be changed.
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var newer: NewerOptions
  @Option(
    help: """
      A certificate by its serial number, or the beginning of it that no other has: at least 8 \
      hexadecimal digits.
      """) var serial: [String] = []
  @Flag(help: "The serials are whole, and of certificates that this state has not issued.")
  var foreign = false
  @Option(help: "Why (RFC 5280, 5.3.1).") var reason = Revocation.Reason.unspecified
  @OptionGroup var playbook: PlaybookOption
  @OptionGroup var parallel: ParallelOption
  @OptionGroup var approval: ApprovalOptions
  @Argument(help: "The hosts, by name.") var hosts: [String] = []

  func validate() throws {
    guard !hosts.isEmpty || !serial.isEmpty else {
      throw ValidationError("Name hosts, or certificates by --serial.")
    }
    guard !foreign || !serial.isEmpty else {
      throw ValidationError("--foreign is about certificates that --serial names.")
    }
    for text in serial {
      guard let prefix = SerialPrefix(text) else {
        throw ValidationError("\"\(text)\" is not a serial number in hexadecimal digits.")
      }
      guard foreign || prefix.digits.utf8.count >= SerialPrefix.shortest else {
        throw ValidationError("\"\(text)\" is too short: give at least 8 hexadecimal digits.")
      }
    }
  }

  func run() async throws {
    try await approval.carryOut(options) {
      var scope = try RunScope(parallel: parallel.parallel, playbook: playbook.playbook)
      scope.overridesNewer = newer.overridesNewer
      return scope
    } _: { run in
      try await RevokeCertificates(run, reason: reason).revoke(
        hosts: hosts, serials: serial.compactMap(SerialPrefix.init), foreign: foreign)
    }
  }
}

extension Revocation.Reason: ExpressibleByArgument {}
