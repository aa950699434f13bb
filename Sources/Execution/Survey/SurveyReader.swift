import Diagnostics
import Fleet
import State

/// Builds an observation from the messages of a survey.
struct SurveyReader {
  /// The messages that each survey has exactly once.
  static let required: Set<SurveyMessage.Word> = [
    .clock, .user, .latest, .fingerprint, .include, .firewall,
  ]
  /// The messages that a survey has at most once.
  static let unique = required.union([
    .systemd, .connection, .nginx, .running, .included, .before, .result, .current,
  ])

  private var observation = HostObservation(clock: .earliest, isRoot: false)
  private var manifest = ""
  private var discarded: [String: String] = [:]
  private let recognize: @Sendable (String) -> ShownManifest
  private var surroundings = SurroundingsReader()
  private var ownPorts: Set<Int> = []
  /// The path of the last line of text, which most often is that of the next one.
  private var textPath = ""
  private var said: Set<SurveyMessage.Word> = []
  /// Whether the survey has ended.
  private(set) var isComplete = false

  /// - Parameter recognize: checks the signature of a manifest.
  init(recognize: @escaping @Sendable (String) -> ShownManifest) { self.recognize = recognize }

  /// Returns nil until it is complete.
  var result: HostObservation? {
    guard isComplete else { return nil }
    var result = observation
    result.shownManifest = manifest.isEmpty ? nil : recognize(manifest)
    result.discardedManifests = discarded.sorted { $0.key < $1.key }.map { recognize($0.value) }
    result.driftedFiles.sort()
    result.surroundings = surroundings.result(
      ownPorts: ownPorts, include: observation.includeFile)
    return result
  }

  /// - Throws: A fault of the host for a value that is not valid.
  mutating func read(_ message: SurveyMessage) throws(ConversationFault) {
    let (word, value) = (message.word.rawValue, message.value)
    guard !isComplete else { throw .unexpected("\(word) \(value)", "after the end of its survey") }
    let isRepeated = !said.insert(message.word).inserted
    if isRepeated, Self.unique.contains(message.word) {
      throw .unexpected("\(word) \(value)", "which it had already sent")
    }
    guard try !readRelease(message), try !readHost(message) else { return }
    try surroundings.read(message)
  }

  /// Reads a message about the host itself.
  private mutating func readHost(_ message: SurveyMessage) throws(ConversationFault) -> Bool {
    let (word, value) = (message.word.rawValue, message.value)
    switch message.word {
    case .waiting: break
    case .clock: observation.clock = try HostValues.moment(value, of: word)
    case .user:
      observation.isRoot =
        try HostValues.integer(value, in: 0...Int(UInt32.max), of: word) == 0
    case .systemd:
      try HostValues.nothing(value, of: word)
      observation.hasSystemd = true
    case .missing:
      observation.missingTools.append(try HostValues.name(value, of: word))
      try HostValues.checkCount(observation.missingTools.count, of: word)
    case .connection:
      observation.controllerAddress = try surroundings.readConnection(value)
    case .nginx: observation.nginxVersion = HostText(value, limit: 100).text
    case .running:
      _ = try HostValues.integer(value, in: 1...Int(Int32.max), of: word)
      observation.nginxIsRunning = true
    case .include: observation.includeFile = try HostValues.absolutePath(value, of: word)
    case .included:
      try HostValues.nothing(value, of: word)
      observation.includesRelease = true
    case .end:
      try HostValues.nothing(value, of: word)
      if let missing = Self.required.subtracting(said).map(\.rawValue).sorted().first {
        throw .unexpected("end", "but did not send \"\(missing)\"")
      }
      isComplete = true
    default: return false
    }
    return true
  }

  /// Reads a message about what `deploy` installed on the host.
  private mutating func readRelease(_ message: SurveyMessage) throws(ConversationFault) -> Bool {
    let (word, value) = (message.word.rawValue, message.value)
    switch message.word {
    case .served:
      observation.servedReleases.append(try HostValues.release(value, of: word))
      try HostValues.checkCount(observation.servedReleases.count, of: word)
    case .latest:
      observation.latestRelease = try HostValues.releaseOrNone(value, of: word)
    case .interrupted: observation.interruptedTransaction = HostText(value, limit: 20).text
    case .fingerprint:
      observation.fingerprint = try HostValues.fingerprint(value, of: word)
    case .kept:
      observation.keptReleases.append(try HostValues.release(value, of: word))
      try HostValues.checkCount(observation.keptReleases.count, of: word)
    case .before:
      observation.releaseBefore = try HostValues.releaseOrNone(value, of: word)
    case .result: observation.lastResult = HostText(value).text
    case .current: observation.currentRelease = try HostValues.release(value, of: word)
    case .manifest: manifest += value + "\n"
    case .staged, .discarded: try readDiscarded(word, value)
    case .drift:
      observation.driftedFiles.append(try HostValues.path(value, of: word))
      try HostValues.checkCount(observation.driftedFiles.count, of: word)
    case .text: try readText(value)
    case .firewall: observation.firewall = try HostValues.choice(value, of: word)
    default: return false
    }
    return true
  }

  /// Reads the number of a release and one line of its manifest.
  private mutating func readDiscarded(
    _ word: String, _ value: String
  ) throws(ConversationFault) {
    guard let space = value.utf8.firstIndex(of: UInt8(ascii: " ")) else {
      throw .unexpected("\(word) \(value)", "which is not a release and a line of its manifest")
    }
    let number = try HostValues.release(String(value[..<space]), of: word)
    discarded["\(word) \(number)", default: ""] += value[value.utf8.index(after: space)...] + "\n"
    try HostValues.checkCount(discarded.count, of: word)
  }

  /// Reads the path of a file, a colon and one line of the file.
  private mutating func readText(_ value: String) throws(ConversationFault) {
    guard let colon = value.utf8.firstIndex(of: UInt8(ascii: ":")) else {
      throw .unexpected("text \(value)", "which does not name a file")
    }
    if !value[..<colon].utf8.elementsEqual(textPath.utf8) {
      textPath = try HostValues.path(value[..<colon], of: "text")
    }
    let line = value[value.utf8.index(after: colon)...]
    observation.texts[textPath, default: ""] += line + "\n"
    try HostValues.checkCount(observation.texts.count, of: "text")
    if let port = Self.listeningPort(line) { ownPorts.insert(port) }
  }

  /// The port of a `listen` directive as deploy writes it: `listen 443 ssl;`, `listen [::]:443 ssl;`.
  static func listeningPort(_ line: Substring) -> Int? {
    var rest = line.utf8.drop { $0 == UInt8(ascii: " ") }
    guard rest.starts(with: "listen ".utf8) else { return nil }
    rest = rest.dropFirst("listen ".utf8.count).drop { $0 == UInt8(ascii: " ") }
    if rest.starts(with: "[::]:".utf8) { rest = rest.dropFirst("[::]:".utf8.count) }
    return Int(Substring(rest.prefix { 48...57 ~= $0 }))
  }
}
