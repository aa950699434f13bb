import State

/// Turns what the survey script says into an observation.
struct SurveyReader {
  private var observation = HostObservation(clock: Timestamp(secondsSince1970: 0), isRoot: false)
  private var manifest = ""
  private var surroundings = SurroundingsReader()
  private var ownPorts: Set<Int> = []
  private var isComplete = false

  /// Returns nil until the script has told everything.
  var result: HostObservation? {
    guard isComplete else { return nil }
    var result = observation
    result.manifest = Manifest(manifest)
    result.surroundings = surroundings.result(ownPorts: ownPorts)
    return result
  }

  mutating func read(_ message: Message) {
    guard case .event(let key, let value) = message else { return }
    switch key {
    case "clock": observation.clock.secondsSince1970 = Int64(value) ?? 0
    case "user": observation.isRoot = value == "0"
    case "systemd": observation.hasSystemd = true
    case "missing": observation.missingTools.append(value)
    case "controller": observation.controllerAddress = value
    case "nginx": observation.nginxVersion = value
    case "running": observation.nginxIsRunning = true
    case "served": observation.servedReleases += Int(value).map { [$0] } ?? []
    case "latest": observation.latestRelease = Int(value) ?? 0
    case "interrupted": observation.interruptedTransaction = value
    case "fingerprint": observation.fingerprint = value
    case "include": observation.includeFile = value
    case "included": observation.includesRelease = true
    case "kept": observation.keptReleases += Int(value).map { [$0] } ?? []
    case "before": observation.releaseBefore = Int(value)
    case "verdict": observation.lastVerdict = value
    case "current": observation.currentRelease = Int(value)
    case "manifest": manifest += value + "\n"
    case "drift": observation.driftedFiles.append(value)
    case "text": readText(value)
    case "firewall":
      observation.firewall = HostObservation.LoadedFirewall(rawValue: value) ?? .changed
    case "end": isComplete = true
    default: surroundings.read(key, value)
    }
  }

  /// One line of a file, behind the file's path and a colon.
  private mutating func readText(_ value: String) {
    guard let colon = value.utf8.firstIndex(of: UInt8(ascii: ":")) else { return }
    let path = String(value[..<colon])
    let line = value[value.utf8.index(after: colon)...]
    observation.texts[path, default: ""] += line + "\n"
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
