import Diagnostics
import Fleet
import Planning
import State

/// The output of `deploy rotate ca --status`: which CA generations each host trusts, and which
/// issued its certificates, as text or JSON.
struct RotationStatusView {
  private struct Generation: Encodable {
    var generation: Int
    var commonName: String
    var status: String
  }

  private struct Host: Encodable {
    var host: HostName
    /// Generations by number, without those that the folder no longer has.
    var trusts: [Int]
    /// The generations that issued the certificates of the host.
    var shows: [Int]
    /// Why this is what the state records, and not what the host reports.
    var doubt: String?
  }

  private struct Document: Encodable {
    let version = 1
    var fleet: String
    /// Whether a rotation is under way.
    var isRotating: Bool
    var generations: [Generation]
    var hosts: [Host]
  }

  private let document: Document

  init(_ state: FleetState, _ rotation: RotationStatus) {
    func numbers(_ identifiers: Set<String>) -> [Int] {
      state.caGenerations.filter { identifiers.contains($0.keyIdentifier) }.map(\.generation)
        .sorted()
    }
    document = Document(
      fleet: state.fleet, isRotating: state.caGenerations.contains { $0.status == .retiring },
      generations: state.caGenerations.map {
        Generation(
          generation: $0.generation, commonName: $0.commonName, status: $0.status.rawValue)
      },
      hosts: rotation.rows.map {
        Host(
          host: $0.host, trusts: numbers($0.trusts), shows: numbers($0.shows), doubt: $0.doubt)
      })
  }

  func print(as format: OutputFormat) throws {
    switch format {
    case .text: Console.output(text(width: Console.outputWidth))
    case .json: try JSONText.print(document)
    }
  }

  /// A table with a row for each host and a column for each generation.
  private func text(width: Int?) -> StyledText {
    let heading =
      ["HOST"] + document.generations.map { "\($0.generation) \"\($0.commonName)\" (\($0.status))" }
    let rows = document.hosts.map { host in
      [host.host.text]
        + document.generations.map { generation in
          let words = [
            host.trusts.contains(generation.generation) ? "trusts" : nil,
            host.shows.contains(generation.generation) ? "uses" : nil,
          ].compactMap(\.self)
          return words.isEmpty ? "-" : words.joined(separator: ", ")
        }
    }
    var page = Page(Style(isColored: false), width: width)
    page.add(
      table: Table.lines([heading] + rows), colors: rows.map { _ in nil },
      notes: document.hosts.map { host in
        host.doubt.map { [("as recorded: \($0)", .yellow)] } ?? []
      })
    return page.text
  }
}
