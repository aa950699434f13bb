import CAStore
import Certificates
import Execution
import Fleet
import Inventories
import Planning

/// Gets the certificate of one site from a program, which prints it with its chain and its key, as PEM in any order, or
/// writes it to files.
struct CertificateCommand {
  let order: CertificateOrder
  let site: Site
  let program: CertificateProgram
  let accounts: ACMEAccounts
  let workspace: Workspace

  private var command: SecretCommand {
    SecretCommand(words: program.words, secret: "certificate")
  }

  func run() async throws -> OrderResult {
    let (chain, key, name): (String, Secret, String)
    if let files = program.files {
      (chain, key) = try await written(files)
      name = workspace.resolve(files.certificate.path.text)
    } else {
      name = "the certificate that \(order.server) prints"
      (chain, key) = try await printed(named: name)
    }
    let end = try IssuedFiles(chain: chain, key: key, from: name).check(for: order.names)
    var record = try workspace.ca.acme.orders(of: order.site)
    if let present = try presentResult(chain, record) { return present }
    let plain = try SealedKey.normalized(key, named: name)
    let sealed = try await accounts.seal(
      plain, named: "the key for the certificate of \(order.site)")
    let files = [program.files?.certificate, program.files?.key].compactMap { $0?.path.text }
    try record.complete(
      with: .init(
        request: .init(command: program.words, files: files, names: order.names),
        key: .init(pem: sealed, digest: plain.digest), certificate: chain))
    try workspace.ca.acme.save(record, of: order.site)
    return .issued(until: end)
  }

  private func printed(named name: String) async throws -> (chain: String, key: Secret) {
    var output = try await command.output()
    guard CredentialContent(of: output) == .certificatesAndKey else {
      _ = Secret(wiping: &output)
      throw Failure(
        .failed,
        "\(order.server) has to print the certificate with its chain and its unencrypted key, as PEM: it"
          + " printed something else. If it writes files, name them with the key \"files\"")
    }
    return try PEMBlocks.separated(&output, named: name)
  }

  /// Reads what the program has written, as files of the inventory are read.
  private func written(
    _ files: CertificateProgram.Files
  ) async throws -> (chain: String, key: Secret) {
    try await command.run()
    var problems: [String] = []
    let reader = SiteCertificateReader(
      now: .current, roots: nil, resolve: { [workspace] in workspace.resolve($0) })
    let read = reader.files(files.certificate, key: files.key, of: site, &problems)
    guard let read, let key = read.key else {
      throw Failure(
        .failed, "\(order.server) succeeded, but \(problems.joined(separator: "; "))")
    }
    return (read.certificates, key)
  }

  /// The result of a program that has nothing newer; nil if the certificate is new. It fails only when less than a
  /// sixth of the lifetime is left: programs renew at times of their own.
  private func presentResult(_ chain: String, _ record: SiteOrderRecord) throws -> OrderResult? {
    guard case .due = order.reason, let current = record.current else { return nil }
    let (old, new) = (
      try CertificateFacts.readAll(pem: current.certificate)[0],
      try CertificateFacts.readAll(pem: chain)[0]
    )
    guard old.fingerprint == new.fingerprint else { return nil }
    let end = Timestamp(secondsSince1970: old.notAfter)
    guard Timestamp.current.adding(seconds: (old.notAfter - old.notBefore) / 6) >= end else {
      return .kept(until: end)
    }
    throw Failure(
      .failed,
      "\(order.server) gives the certificate that is installed, valid until \(end.date): renew it there"
    )
  }
}

/// Separates certificates from a private key in one PEM text.
enum PEMBlocks {
  /// - Parameters:
  ///   - bytes: wiped.
  ///   - name: how errors name the text.
  static func separated(
    _ bytes: inout [UInt8], named name: String
  ) throws -> (chain: String, key: Secret) {
    defer { _ = Secret(wiping: &bytes) }
    var chain: [UInt8] = []
    var keys: [Secret] = []
    var block: [UInt8] = []
    defer { _ = Secret(wiping: &block) }
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let begins = line.starts(with: "-----BEGIN ".utf8)
      if !begins, block.isEmpty { continue }
      if begins { _ = Secret(wiping: &block) }
      block += line.filter { $0 != UInt8(ascii: "\r") } + [UInt8(ascii: "\n")]
      guard line.starts(with: "-----END ".utf8) else { continue }
      if String(decoding: block.prefix(64), as: UTF8.self).contains("PRIVATE KEY-----") {
        keys.append(Secret(copying: block))
      } else if block.starts(with: "-----BEGIN CERTIFICATE-----".utf8) {
        chain += block
      }
      _ = Secret(wiping: &block)
    }
    guard keys.count == 1, !chain.isEmpty else {
      throw Failure(
        .failed,
        "\(name) has \(keys.count) private keys: it needs one, and the certificate that it belongs to"
      )
    }
    return (String(decoding: chain, as: UTF8.self), keys[0])
  }
}
