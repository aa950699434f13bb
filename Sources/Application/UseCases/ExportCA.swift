import CAStore
import Certificates
import Files
import State

/// Exports the public parts of the CA for other programs (`deploy ca export`).
package struct ExportCA {
  private let workspace: Workspace

  package init(_ workspace: Workspace) { self.workspace = workspace }

  /// The certificates that hosts may trust, or their revocation lists, as PEM. Fails if there are
  /// no revocation lists because nothing was revoked.
  package func text(revocationLists: Bool) throws -> String {
    let generations = try workspace.caGenerations()
    let folder = workspace.ca
    let texts =
      revocationLists
      ? try generations.compactMap { try folder.revocationList(of: $0)?.pem } + roots(generations)
      : generations.map(\.certificate)
    guard !texts.isEmpty else {
      throw Failure(
        .failed,
        "the CA in \(folder.path) has signed no revocation list, because nothing was revoked")
    }
    return texts.map { $0.hasSuffix("\n") ? $0 : $0 + "\n" }.joined()
  }

  /// The lists of the roots above generations: verifiers need one of each CA in a chain.
  private func roots(_ generations: [CAGeneration]) throws -> [String] {
    let lists = try generations.filter { try workspace.ca.revocationList(of: $0) != nil }
      .compactMap { try workspace.ca.root(above: $0)?.list?.pem }
    return lists.enumerated().filter { lists.firstIndex(of: $0.element) == $0.offset }
      .map(\.element)
  }

  /// Replaces a file with the text, atomically.
  package func write(_ text: String, to path: String) throws {
    try FileWriter.replace(path, text: text, for: .everyone)
  }
}
