import State
import Testing

@testable import Execution

extension Shell.Result {
  var lines: [String] { output.split(separator: "\n").map(String.init) }

  /// Reads the lines of a survey about the host's surroundings.
  func surroundings(ownPorts: Set<Int> = []) throws -> HostSurroundings {
    var reader = SurroundingsReader()
    for line in lines where line.hasPrefix("@deploy ") && !line.hasPrefix("@deploy version ") {
      let (word, value) = HostValues.divided(String(line.dropFirst("@deploy ".count)))
      let message = try SurveyMessage(word: word, value: value)
      switch message.word {
      case .connection: _ = try reader.readConnection(value)
      case .clock, .user, .missing, .nginx, .running, .latest, .include, .fingerprint, .firewall,
        .end:
        break
      default: try reader.read(message)
      }
    }
    return reader.result(ownPorts: ownPorts, include: "/etc/nginx/conf.d/deploy.conf")
  }
}
