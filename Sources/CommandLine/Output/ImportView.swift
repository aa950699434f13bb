import Application
import CAStore
import Fleet
import State

/// The output of `deploy ca import`: what was added to the CA's folder, and what to do next.
struct ImportView {
  private let outcome: ImportCA.Outcome
  private let folder: CAFolder

  init(_ outcome: ImportCA.Outcome, in folder: CAFolder) {
    self.outcome = outcome
    self.folder = folder
  }

  var text: String {
    get throws {
      switch outcome {
      case .added(let record, let replaced):
        try
          "Imported the CA \"\(record.commonName)\" as generation \(record.generation), valid until"
          + " \(record.notAfter.date).\(files(record))\n"
          + (replaced.map {
            "Run \"deploy rotate ca\" to move the hosts from \"\($0.commonName)\" to it."
          } ?? "Run \"deploy apply\" to install it on the hosts.")
      case .replaced(let record, let previous):
        "Replaced the certificate of the CA \"\(record.commonName)\": valid until \(record.notAfter.date),"
          + " previously until \(previous.notAfter.date).\nRun \"deploy apply\" to install it on the hosts."
      case .known(let record):
        try
          "The CA \"\(record.commonName)\" is generation \(record.generation) of this fleet's CA already."
          + files(record)
      }
    }
  }

  private func files(_ record: CAGeneration) throws -> String {
    try """

      certificate  \(folder.certificatePath(record.generation))
      key          \(folder.keyPath(record.generation)) (encrypted; keep a copy)
    """
      + (folder.hasFleetKey(record.generation)
        ? "\n  fleet key    \(folder.fleetKeyPath(record.generation)) (signs releases; keep a copy)"
        : "")
  }
}
