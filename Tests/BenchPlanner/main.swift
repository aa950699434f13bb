import Foundation

/// Prepares what `scripts/bench-planner` measures, and measures it.
///
///     BenchPlanner fleet FOLDER HOSTS SITES     an inventory, the same one changed, and the state of the first
///     BenchPlanner survey FOLDER none|all       plans in this process, from a survey of hosts that have the state
///     BenchPlanner record FOLDER                records each host of that state again, as a run does; prints the
///                                               number of hosts, bytes written, and seconds of records and the end
///     BenchPlanner database FOLDER CONNECTION   writes, reads and records that state in a database
///     BenchPlanner measure COMMAND...           runs it
///
/// "survey" and "measure" print seconds, seconds of a core, and the most KiB.
let arguments = Array(CommandLine.arguments.dropFirst())
switch (arguments.first, arguments.count) {
case ("fleet", 4):
  guard let hosts = Int(arguments[2]), let sites = Int(arguments[3]) else {
    fatalError("fleet FOLDER HOSTS SITES")
  }
  try BenchFleet(hosts: hosts, sites: sites).write(to: arguments[1])
case ("survey", 3):
  try printed { try planWithSurvey(in: arguments[1], isChanged: arguments[2] == "all") }
case ("record", 2): try recordAll(in: arguments[1])
case ("database", 3): try await measureDatabase(in: arguments[1], arguments[2])
case ("measure", 2...): try printed(ofChildren: true) { try run(Array(arguments.dropFirst())) }
default:
  fatalError(
    "fleet FOLDER HOSTS SITES, survey FOLDER none|all, record FOLDER, database FOLDER CONNECTION, or measure COMMAND..."
  )
}

/// Prints what some work has taken.
func printed(ofChildren: Bool = false, _ work: () throws -> Void) throws {
  let start = ContinuousClock.now
  try work()
  let elapsed = (ContinuousClock.now - start).components
  var usage = rusage()
  getrusage(ofChildren ? RUSAGE_CHILDREN.rawValue : RUSAGE_SELF.rawValue, &usage)
  let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
  let used = [usage.ru_utime, usage.ru_stime].map { Double($0.tv_sec) + Double($0.tv_usec) / 1e6 }
  print(String(format: "%.3f %.3f %d", seconds, used.reduce(0, +), usage.ru_maxrss))
}

func run(_ command: [String]) throws {
  let process = Process()
  process.executableURL = URL(filePath: command[0])
  process.arguments = Array(command.dropFirst())
  process.standardOutput = FileHandle.nullDevice
  try process.run()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else {
    fatalError("it ended with \(process.terminationStatus)")
  }
}
