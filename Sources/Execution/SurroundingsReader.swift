import State

/// Reads what a host says of what is on it beside what `deploy` put there.
struct SurroundingsReader {
  private var surroundings = HostSurroundings()
  private var addresses: Set<String> = []
  /// In the form of /proc/net/tcp; a host may have thousands of connections.
  private var sshSources: Set<String> = []
  private var rules = ForeignRules()

  /// - Parameter ownPorts: those that nginx listens on for the release in force.
  func result(ownPorts: Set<Int>) -> HostSurroundings {
    var result = surroundings
    result.addresses = addresses.sorted()
    result.sshSources = Set(sshSources.compactMap(Self.address)).sorted()
    result.listeners.removeAll { $0.program == "nginx" && ownPorts.contains($0.port) }
    result.foreignChains = rules.chains
    result.firewallManagers.formUnion(rules.managers)
    return result
  }

  mutating func read(_ key: String, _ value: String) {
    switch key {
    case "address": addresses.insert(value)
    case "listening": readListener(value)
    case "ssh-port":
      surroundings.sshPort = Int(value).flatMap { (1...65_535).contains($0) ? $0 : nil }
    case "ssh-from": sshSources.insert(value)
    case "rule": rules.read(value)
    case "legacy": rules.readLegacy(value)
    case "manager":
      if let manager = HostSurroundings.FirewallManager(rawValue: value) {
        surroundings.firewallManagers.insert(manager)
      }
    case "space": readSpace(value)
    case "retiring": surroundings.retiringWorkers = Int(value.filter { $0 != " " }) ?? 0
    case "patched": surroundings.closedHoles.insert(value)
    default: break
    }
  }

  /// Address, port and program; a program may have spaces in its name.
  private mutating func readListener(_ value: String) {
    let words = value.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard words.count == 3, let address = Self.address(String(words[0])), let port = Int(words[1])
    else { return }
    surroundings.listeners.append(
      HostSurroundings.Listener(address: address, port: port, program: String(words[2])))
  }

  /// A line of df(1) with -P: the free KiB stand before the share that is used; names around them may
  /// look like either.
  private mutating func readSpace(_ value: String) {
    let words = value.split(separator: " ")
    let isNumber = { (word: Substring) in !word.isEmpty && word.utf8.allSatisfy { 48...57 ~= $0 } }
    let share = words.indices.dropFirst(2).last {
      words[$0].last == "%" && isNumber(words[$0].dropLast()) && isNumber(words[$0 - 1])
    }
    guard let share, let free = Int(words[share - 1]) else { return }
    switch words[0] {
    case "releases": surroundings.freeForReleases = free
    case "run": surroundings.freeForWork = free
    default: break
    }
  }

  /// An address in the form of /proc/net/tcp: words of 32 bits, each in the order of the machine, which
  /// is taken to be the little-endian one that all but s390x have.
  static func address(_ digits: String) -> String? {
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
