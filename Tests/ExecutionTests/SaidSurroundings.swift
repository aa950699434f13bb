import State
import Testing

@testable import Execution

extension Shell.Result {
  var lines: [String] { output.split(separator: "\n").map(String.init) }

  /// What the controller makes of what a survey said of the host's surroundings.
  func surroundings(ownPorts: Set<Int> = []) throws -> HostSurroundings {
    var reader = SurroundingsReader()
    for line in lines where line.hasPrefix("@deploy ") {
      let (word, value) = HostValues.divided(String(line.dropFirst("@deploy ".count)))
      if word != "end" { try reader.read(SurveyMessage(word: word, value: value)) }
    }
    return reader.result(ownPorts: ownPorts, include: "/etc/nginx/conf.d/deploy.conf")
  }
}
