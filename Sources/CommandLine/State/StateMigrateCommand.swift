import Application
import ArgumentParser

/// `deploy state migrate`: moves the state and the CA between files and a database (``MigrateState``).
struct StateMigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Make or update the tables of the database, and move the fleet into it or back.",
    usage: "deploy state migrate [<options>]",
    discussion: """
      If the inventory has the key "state" with a PostgreSQL database, its tables are made or brought up to date. \
      If the fleet is still in files, its state and the files of its CA are copied into the database, compared \
      with the originals, and the files are renamed to *.migrated. With --to-files everything is written to files \
      again; remove the key "state" from the inventory then. No host is contacted.

      EXAMPLES:
        deploy state migrate
        deploy state migrate --to-files
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var lock: LockOption
  @Flag(name: .customLong("to-files"), help: "Move the fleet from the database to files.")
  var toFiles = false

  func run() async throws {
    try await reporting {
      let location = options.location(waiting: lock)
      let migration = try await MigrateState(
        options.openWorkspace(waiting: lock), location, options.interaction())
      let outcome = try await toFiles ? migration.toFiles() : migration.toDatabase()
      Console.output(lines(outcome).joined(separator: "\n"))
    }
  }

  private func lines(_ outcome: MigrateState.Outcome) -> [String] {
    var lines: [String] = []
    if let (before, after) = outcome.tables {
      lines.append(
        before == after
          ? "The tables have version \(after), which is the current one."
          : before == 0
            ? "Made the tables, version \(after)."
            : "Brought the tables from version \(before) to version \(after).")
    }
    guard let moved = outcome.moved else {
      return lines + (toFiles ? [] : ["There is no fleet in files to move."])
    }
    lines.append(
      "Moved the fleet to \(moved.destination): \(moved.hosts) hosts, \(moved.files) files of the CA; all of it was"
        + " read again and compared. The state has serial \(moved.serial).")
    lines += moved.kept.map { "  kept as \($0)" }
    lines.append(
      toFiles
        ? "Remove the key \"state\" from the inventory now."
        : "The kept files are a backup with keys in them: move them to a safe place, or remove them."
    )
    return lines
  }
}
