/// A message of a survey: a word with a value that `SurveyReader` reads.
struct SurveyMessage: HostMessage {
  let word: Word
  let value: String

  /// In the order in which they are sent.
  enum Word: String, CaseIterable, Sendable {
    case waiting, clock, user, systemd, missing, connection
    case nginx, running, served, retiring
    // What `deploy` put there.
    case kept, staged, discarded, latest, interrupted, result, include, included
    case current, before, drift, manifest, text, fingerprint, firewall
    // What else is there.
    case local, route, socket, process, rule, legacy, manager, space, patched, orphan
    case ifInet6 = "if-inet6"
    case sshFrom = "ssh-from"
    case withoutIPv6 = "without-ipv6"
    case nginxLine = "nginx-line"
    case end
  }

  init(_ word: Word, _ value: String) {
    self.word = word
    self.value = value
  }

  var isHeartbeat: Bool { word == .waiting }
  var quotesFile: Bool { word == .nginxLine || word == .text }
}
