import Diagnostics
import Fleet
import Planning
import State

/// Reads the part of a survey about everything on a host that `deploy` did not install.
struct SurroundingsReader {
  private struct Socket {
    var kind: HostSurroundings.Listener.Kind
    var address: String
    var port: Int
    /// The id of a process that holds it.
    var process: Int?
  }

  /// The number of routes from which on the list may be incomplete.
  private static let mostRoutes = 255
  private static let processes = 1...Int(Int32.max)

  private var surroundings = HostSurroundings()
  private var addresses: Set<String> = []
  private var sshSources: Set<String> = []
  private var sockets: [Socket] = []
  private var programs: [Int: String] = [:]
  private var rules = ForeignRules()
  private var servers = ForeignServers()
  private var orphans: Set<Int> = []

  /// - Parameters:
  ///   - ownPorts: the ports that nginx listens on for the current release.
  ///   - include: the file with which nginx's configuration includes releases.
  func result(ownPorts: Set<Int>, include: String) -> HostSurroundings {
    var result = surroundings
    (result.nginxListens, result.namesHash) = servers.found(beside: include)
    result.orphanedWorkers = orphans.sorted()
    result.orphanedPorts = Set(
      sockets.filter { $0.process.map(orphans.contains) ?? false }.map(\.port))
    result.addresses = addresses.sorted()
    result.sshSources = sshSources.sorted()
    result.listeners = sockets.compactMap { socket in
      // A process may have chosen a name of no characters.
      let program = socket.process.flatMap { programs[$0] }.flatMap { $0.isEmpty ? nil : $0 }
      let isOwn = socket.kind == .tcp && program == "nginx" && ownPorts.contains(socket.port)
      return isOwn
        ? nil
        : .init(
          kind: socket.kind, address: socket.address, port: socket.port, program: program)
    }
    result.routes = surroundings.routes.count > Self.mostRoutes ? [] : surroundings.routes
    result.foreignChains = rules.chains
    result.firewallManagers.formUnion(rules.managers)
    return result
  }

  mutating func read(_ message: SurveyMessage) throws(ConversationFault) {
    let (word, value) = (message.word.rawValue, message.value)
    switch message.word {
    case .local: try readAddress(ProcNet.localAddress(value, of: word), word)
    case .ifInet6: try readAddress(ProcNet.address6(value, of: word), word)
    case .route:
      surroundings.routes.append(try ProcNet.route(value, of: word))
      try HostValues.checkCount(surroundings.routes.count, of: word)
    case .socket: try readSocket(value)
    case .process: try readProcess(value)
    case .sshFrom:
      sshSources.insert(try ProcNet.Socket(value, of: word).peer)
      try HostValues.checkCount(sshSources.count, of: word)
    case .withoutIPv6:
      try HostValues.nothing(value, of: word)
      surroundings.hasIPv6 = false
    case .nginxLine: try servers.read(value)
    case .orphan:
      orphans.insert(try HostValues.integer(value, in: Self.processes, of: word))
      try HostValues.checkCount(orphans.count, of: word)
    case .rule:
      rules.read(value)
      try rules.checkCount()
    case .legacy:
      rules.readLegacy(value)
      try rules.checkCount()
    case .manager:
      surroundings.firewallManagers.insert(try HostValues.choice(value, of: word))
    case .space: try readSpace(value)
    case .retiring:
      surroundings.retiringWorkers = try HostValues.integer(value, in: 0...1_000_000, of: word)
    case .patched:
      guard NginxVulnerability.names.contains(value) else {
        throw .unexpected("\(word) \(value)", "which it was not asked for")
      }
      surroundings.patchedVulnerabilities.insert(value)
    default: throw .unexpected("\(word) \(value)", "which is not part of a host's surroundings")
    }
  }

  /// An address at which other hosts may reach it; nil for one that only the host itself can use.
  private mutating func readAddress(_ address: String?, _ word: String) throws(ConversationFault) {
    if let address { addresses.insert(address) }
    try HostValues.checkCount(addresses.count, of: word)
  }

  /// Reads `SSH_CONNECTION` of sshd: the controller's address and port, and those of the host.
  ///
  /// - Returns: The controller's address.
  mutating func readConnection(_ value: String) throws(ConversationFault) -> String {
    let words = value.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard words.count == 4 else {
      throw .unexpected("connection \(value)", "which is not two addresses with their ports")
    }
    surroundings.sshPort = Port(
      try HostValues.integer(words[3], in: 1...65_535, of: "connection"))
    return try HostValues.address(words[0], of: "connection")
  }

  /// Reads a listening socket: a process id or a dash, the protocol, and its line of /proc/net.
  private mutating func readSocket(_ value: String) throws(ConversationFault) {
    let (process, rest) = HostValues.divided(value)
    let (kind, line) = HostValues.divided(rest)
    let socket = try ProcNet.Socket(line, of: "socket")
    sockets.append(
      Socket(
        kind: try HostValues.choice(kind, of: "socket"), address: socket.address,
        port: socket.port,
        process: process == "-"
          ? nil : try HostValues.integer(process, in: Self.processes, of: "socket")))
    try HostValues.checkCount(sockets.count, of: "socket")
  }

  /// Reads the id and the name of a process; any user can choose the name, and it may have spaces.
  private mutating func readProcess(_ value: String) throws(ConversationFault) {
    let words = value.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    let number = try HostValues.integer(words[0], in: Self.processes, of: "process")
    programs[number] = HostText(words.dropFirst().first ?? "", limit: 40).text
    try HostValues.checkCount(programs.count, of: "process")
  }

  /// Reads a line of `df -P` (df(1)): the free KiB are in front of the used percentage; other fields may look
  /// like either.
  private mutating func readSpace(_ value: String) throws(ConversationFault) {
    let words = value.split(separator: " ")
    let isNumber = { (word: Substring) in !word.isEmpty && word.utf8.allSatisfy { 48...57 ~= $0 } }
    let share = words.indices.dropFirst(2).last {
      words[$0].last == "%" && isNumber(words[$0].dropLast()) && isNumber(words[$0 - 1])
    }
    guard let share else { throw .unexpected("space \(value)", "which is not a line of df") }
    let free = try HostValues.integer(words[share - 1], in: 0...(1 << 53), of: "space")
    switch words[0] {
    case "releases": surroundings.freeForReleases = free
    case "run": surroundings.freeForWork = free
    default: throw .unexpected("space \(value)", "which it was not asked for")
    }
  }
}
