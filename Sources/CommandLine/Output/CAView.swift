import Application
import Fleet
import State

/// The output of `deploy ca show`: the CA's generations and the problems of its folder, as text or
/// JSON.
struct CAView {
  private let report: CAReport

  init(_ report: CAReport) { self.report = report }

  func print(as format: OutputFormat) throws {
    switch format {
    case .text: Console.output(text)
    case .json: try JSONText.print(report)
    }
  }

  /// Where the private key of a generation is, and whether it is encrypted.
  private static func text(ofKeyOf generation: CAReport.Generation) -> String {
    guard generation.hasKey else { return "not in the folder" }
    guard let isEncrypted = generation.isKeyEncrypted else { return "in the folder, unreadable" }
    return isEncrypted ? "encrypted, in the folder" : "not encrypted, in the folder"
  }

  /// The root above a generation.
  private static func text(of root: CAReport.Root) -> String {
    "\n  root         \(root.commonName), until \(root.notAfter.date); "
      + (root.revocationListUntil.map { "its CRL until \($0.date)" } ?? "no CRL of it")
  }

  private var text: String {
    let generations = report.generations.map { generation in
      """
      generation \(generation.generation): \(generation.commonName) (\(generation.status))
        valid        \(generation.notBefore.date) to \(generation.notAfter.date), \
      \(generation.daysLeft) days left
        SHA-256      \(generation.fingerprint)
        key id       \(generation.keyIdentifier)
        key          \(Self.text(ofKeyOf: generation))
      """
        + (generation.revoked.map {
          "\n  revoked      \($0), CRL number \(generation.revocationList ?? 0)"
        } ?? "") + (generation.root.map(Self.text) ?? "")
    }
    let archived = report.archived.map { "generation \($0): archived" }
    return (generations + archived + report.findings.map { "warning: \($0)" })
      .joined(separator: "\n")
  }
}
