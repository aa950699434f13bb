import Diagnostics
import Planning
import State

/// Reads what a host says of what is on it beside what `deploy` put there.
struct SurroundingsReader {
  private struct Socket {
    var kind: HostSurroundings.Listener.Kind
    var address: String
    var port: Int
    /// The number of a process that holds it.
    var process: Int?
  }

  /// What the host sends at most and one less: with all of these some may be missing.
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
  ///   - ownPorts: those that nginx listens on for the release in force.
  ///   - include: the file by which nginx's configuration includes releases.
  func result(ownPorts: Set<Int>, include: String = "") -> HostSurroundings {
    var result = surroundings
    (result.nginxListens, result.namesHash) = servers.found(beside: include)
    result.orphanedWorkers = orphans.sorted()
    result.orphanedPorts = Set(
      sockets.filter { $0.process.map(orphans.contains) ?? false }.map(\.port))
    result.addresses = addresses.sorted()
    result.sshSources = sshSources.sorted()
    result.listeners = sockets.compactMap { socket in
      let program = socket.process.flatMap { programs[$0] } ?? ""
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

  /// - Returns: Whether the word is one of these.
  mutating func read(_ word: String, _ value: String) throws(ConversationFault) -> Bool {
    switch word {
    case "address":
      addresses.insert(try HostValues.address(value, of: word))
      try HostValues.checkCount(addresses.count, of: word)
    case "route": try readRoute(value)
    case "listening": try readListener(value)
    case "process": try readProcess(value)
    case "ssh-port": surroundings.sshPort = try HostValues.integer(value, in: 1...65_535, of: word)
    case "ssh-from":
      guard let source = Self.address(value) else {
        throw .unexpected("\(word) \(value)", "which is not an address of /proc/net/tcp")
      }
      sshSources.insert(source)
      try HostValues.checkCount(sshSources.count, of: word)
    case "without-ipv6":
      try HostValues.nothing(value, of: word)
      surroundings.hasIPv6 = false
    case "nginx-line": try servers.read(value)
    case "orphan":
      orphans.insert(try HostValues.integer(value, in: Self.processes, of: word))
      try HostValues.checkCount(orphans.count, of: word)
    case "rule":
      rules.read(value)
      try rules.checkCount()
    case "legacy":
      rules.readLegacy(value)
      try rules.checkCount()
    case "manager":
      surroundings.firewallManagers.insert(try HostValues.choice(value, of: word))
    case "space": try readSpace(value)
    case "retiring":
      surroundings.retiringWorkers = try HostValues.integer(value, in: 0...1_000_000, of: word)
    case "patched":
      guard NginxVulnerability.names.contains(value) else {
        throw .unexpected("\(word) \(value)", "which it was not asked about")
      }
      surroundings.patchedVulnerabilities.insert(value)
    default: return false
    }
    return true
  }

  /// Address and port in the hexadecimal digits of /proc/net/tcp, the port behind `u` for UDP and the
  /// protocol behind `r` for raw sockets, and the process where it is known.
  private mutating func readListener(_ value: String) throws(ConversationFault) {
    let words = value.split(separator: " ", omittingEmptySubsequences: false)
    let kinds: [Character: HostSurroundings.Listener.Kind] = ["u": .udp, "r": .raw]
    let kind = words.count > 1 ? words[1].first.flatMap { kinds[$0] } : nil
    guard (2...3).contains(words.count), let address = Self.address(words[0]),
      case let digits = words[1].dropFirst(kind == nil ? 0 : 1), digits.utf8.count == 4,
      let port = UInt16(digits, radix: 16)
    else {
      throw .unexpected("listening \(value)", "which is not a line of /proc/net/tcp")
    }
    sockets.append(
      Socket(
        kind: kind ?? .tcp, address: address, port: Int(port),
        process: words.count == 2
          ? nil : try HostValues.integer(words[2], in: Self.processes, of: "listening")))
    try HostValues.checkCount(sockets.count, of: "listening")
  }

  /// Destination, gateway and mask in the hexadecimal digits of /proc/net/route, and the metric.
  private mutating func readRoute(_ value: String) throws(ConversationFault) {
    let words = value.split(separator: " ", omittingEmptySubsequences: false)
    let addresses = words.filter { $0.utf8.count == 8 }.compactMap { Self.address($0) }
    guard words.count == 4, addresses.count == 3, let mask = UInt32(words[2], radix: 16) else {
      throw .unexpected("route \(value)", "which is not a line of /proc/net/route")
    }
    surroundings.routes.append(
      .init(
        network: "\(addresses[0])/\(mask.nonzeroBitCount)",
        gateway: addresses[1] == "0.0.0.0" ? nil : addresses[1],
        metric: try HostValues.integer(words[3], in: 0...Int(UInt32.max), of: "route")))
    try HostValues.checkCount(surroundings.routes.count, of: "route")
  }

  /// The number and the name of a process, which any user chooses and which may have spaces.
  private mutating func readProcess(_ value: String) throws(ConversationFault) {
    let words = value.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    let number = try HostValues.integer(words[0], in: Self.processes, of: "process")
    programs[number] = HostText(words.dropFirst().first ?? "", limit: 40).text
    try HostValues.checkCount(programs.count, of: "process")
  }

  /// A line of df(1) with -P: the free KiB stand before the share that is used; names around them may
  /// look like either.
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
    default: throw .unexpected("space \(value)", "which it was not asked about")
    }
  }

  /// An address in the form of /proc/net/tcp: words of 32 bits, each in the order of the machine, which
  /// is taken to be the little-endian one that all but s390x have.
  static func address(_ digits: some StringProtocol) -> String? {
    guard [8, 32].contains(digits.utf8.count) else { return nil }
    let bytes = stride(from: 0, to: digits.utf8.count, by: 2).compactMap {
      UInt8(digits.dropFirst($0).prefix(2), radix: 16)
    }
    guard bytes.count * 2 == digits.utf8.count, bytes.count == 4 || bytes.count == 16 else {
      return nil
    }
    let ordered = stride(from: 0, to: bytes.count, by: 4).flatMap { bytes[$0..<$0 + 4].reversed() }
    // An IPv4 connection to a socket that takes both (RFC 4291, 2.5.5.2).
    let isMapped =
      ordered.count == 16 && ordered[..<10].allSatisfy { $0 == 0 }
      && ordered[10..<12] == [0xFF, 0xFF]
    if ordered.count == 4 || isMapped {
      return ordered.suffix(4).map { String($0) }.joined(separator: ".")
    }
    return stride(from: 0, to: 16, by: 2)
      .map { String(UInt16(ordered[$0]) << 8 | UInt16(ordered[$0 + 1]), radix: 16) }
      .joined(separator: ":")
  }
}
