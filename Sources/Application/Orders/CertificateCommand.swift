import CAStore
import Certificates
import Execution
import Fleet
import Planning

/// Gets the certificate of one site from a program that prints it, with its chain and its key, as PEM in any order.
struct CertificateCommand {
  let order: CertificateOrder
  let words: [String]
  let accounts: ACMEAccounts
  let folder: ACMEFolder

  func run() async throws -> OrderResult {
    var output = try await SecretCommand(words: words, secret: "certificate").output()
    let name = "the certificate that \(order.server) prints"
    guard CredentialContent(of: output) == .certificatesAndKey else {
      _ = Secret(wiping: &output)
      throw Failure(
        .failed,
        "\(order.server) has to print the certificate with its chain and its unencrypted key, as PEM: it"
          + " printed something else")
    }
    let (chain, key) = try PEMBlocks.separated(&output, named: name)
    let end = try IssuedFiles(chain: chain, key: key, from: name).check(for: order.names)
    var record = try folder.orders(of: order.site)
    if let present = try presentResult(chain, record) { return present }
    let plain = try SealedKey.normalized(key, named: name)
    let sealed = try await accounts.seal(
      plain, named: "the key for the certificate of \(order.site)")
    record.current = SiteOrderRecord.Issued(
      request: .init(command: words, names: order.names),
      key: .init(pem: sealed, digest: plain.digest), certificate: chain)
    record.pending = nil
    try folder.save(record, of: order.site)
    return .issued(until: end)
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
      "\(order.server) prints the certificate that is installed, valid until \(end.date): renew it there"
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
