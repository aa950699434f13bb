import State
import Testing

@testable import Execution

extension Shell.Result {
  var lines: [String] { output.split(separator: "\n").map(String.init) }

  /// What the controller makes of what a survey said of the host's surroundings.
  func surroundings(ownPorts: Set<Int> = []) throws -> HostSurroundings {
    var reader = SurroundingsReader()
    for line in lines where line.hasPrefix("@deploy ") {
      let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
      #expect(
        try reader.read(String(parts[1]), parts.count == 3 ? String(parts[2]) : ""), "\(line)")
    }
    return reader.result(ownPorts: ownPorts, include: "/etc/nginx/conf.d/deploy.conf")
  }
}
