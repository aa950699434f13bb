import Diagnostics
import State

/// Finds the `listen` directives of servers outside the release in the files of nginx's configuration, in the order
/// in which nginx reads them.
///
/// The host leaves out unneeded lines; each line is sent with its number.
struct ForeignServers {
  struct Line {
    /// The number of the line in its file, from 1.
    var number: Int
    var text: Substring
  }

  private static let heading = "# configuration file "
  private static let word = "nginx-line"
  /// The limit of files, because each pattern is compared with every file.
  private static let mostFiles = 5000

  private(set) var files: [String: [Line]] = [:]
  /// The main configuration file.
  private(set) var main: String?
  private var file = ""
  private var start = 0
  private var count = 0

  /// A number, a colon, and the line as it is.
  mutating func read(_ value: String) throws(ConversationFault) {
    guard let colon = value.utf8.firstIndex(of: UInt8(ascii: ":")) else {
      throw .unexpected("\(Self.word) \(value)", "which is not a number and a line")
    }
    let number = try HostValues.integer(
      value[..<colon], in: 1...Int(Int32.max), of: Self.word)
    count += 1
    try HostValues.checkCount(count, of: Self.word)
    let text = value[value.utf8.index(after: colon)...]
    if text.hasPrefix(Self.heading + "/"), text.last == ":" {
      file = String(text.dropFirst(Self.heading.count).dropLast())
      main = main ?? file
      start = number
      files[file] = []
      guard files.count <= Self.mostFiles else {
        throw .unexpected(Self.word, "of more than \(Self.mostFiles) files")
      }
    } else if main != nil {
      files[file]?.append(Line(number: number - start, text: text))
    }
  }

  /// - Parameter include: the file that includes releases, whether it exists already or not.
  /// - Returns: the `listen` directives, and the place of a `server_names_hash_bucket_size`.
  func found(
    beside include: String
  ) -> (listens: [HostSurroundings.NginxListen], namesHash: String?) {
    guard let main else { return ([], nil) }
    var walk = ServerWalk(files: files, main: main, include: include)
    walk.read(main, depth: 0)
    return (walk.listens, walk.namesHash)
  }
}

/// Walks through the files of a configuration in the order in which nginx reads them.
private struct ServerWalk {
  /// Limits above those of nginx for nested files and of the host program for lines.
  private static let deepest = 20
  private static let mostLines = 200_000
  private static let mostPatterns = 200
  private static let mostListens = 2000
  private static let mostNames = 2000

  let files: [String: [ForeignServers.Line]]
  let main: String
  let include: String
  private(set) var listens: [HostSurroundings.NginxListen] = []
  private(set) var namesHash: String?

  /// The names of the enclosing blocks.
  private var blocks: [String] = []
  private var words: [String] = []
  private var line = 0
  private var server = Server()
  private var isBehindRelease = false
  private var lines = 0
  private var patterns = 0

  /// The enclosing server.
  private struct Server {
    var line = 0
    /// The index of its first `listen` directive.
    var firstListen = 0
    var listens = false
    var names: [String] = []
  }

  init(files: [String: [ForeignServers.Line]], main: String, include: String) {
    self.files = files
    self.main = main
    self.include = include
  }

  mutating func read(_ file: String, depth: Int) {
    guard depth < Self.deepest, let content = files[file] else { return }
    var reader = NginxWords()
    for next in content {
      lines += 1
      guard lines <= Self.mostLines else { return }
      // A directive before may end in a line that the host left out.
      if !reader.isInQuotes, Self.begins(next.text) { words = [] }
      for token in reader.tokens(of: next.text) {
        if words.isEmpty { line = next.number }
        take(token, in: file, depth)
      }
    }
  }

  private static func begins(_ text: Substring) -> Bool {
    let text = text.drop { $0 == " " || $0 == "\t" }
    let names = ["server_name", "server_names_hash_bucket_size"]
    return (["listen", "include", "server", "http"] + names).contains { word in
      text.hasPrefix(word) && text.dropFirst(word.count).first.map { " \t{".contains($0) } ?? true
    }
  }

  private mutating func take(_ token: NginxWords.Token, in file: String, _ depth: Int) {
    switch token {
    case .word(let word):
      words.append(word)
      return
    case .end: directive(in: file, depth)
    case .open:
      blocks.append(words.first ?? "")
      if blocks == ["http", "server"] { server = Server(line: line, firstListen: listens.count) }
    case .close:
      // Without a listen directive nginx listens on port 80.
      if blocks == ["http", "server"] {
        if !server.listens { add(["listen", "80"], in: file, at: server.line) }
        for index in listens[server.firstListen...].indices { listens[index].names = server.names }
      }
      _ = blocks.popLast()
    }
    words = []
  }

  private mutating func directive(in file: String, _ depth: Int) {
    if words.first == "include", words.count == 2 {
      let pattern = words[1]
      words = []
      for file in included(by: pattern) {
        if file == include { isBehindRelease = true } else { read(file, depth: depth + 1) }
      }
    } else if words.first == "listen", blocks == ["http", "server"] {
      server.listens = true
      add(words, in: file, at: line)
    } else if words.first == "server_name", blocks == ["http", "server"] {
      let names = words.dropFirst().prefix(Self.mostNames - server.names.count)
      server.names += names.map { HostText($0, limit: 255).text.lowercased() }
    } else if words.first == "server_names_hash_bucket_size", blocks == ["http"] {
      namesHash = "\(HostText(file, limit: 200).text):\(line)"
    }
  }

  /// The files that a path or pattern includes, in the order of glob(3).
  private mutating func included(by pattern: String) -> [String] {
    let folder = main[..<(main.lastIndex(of: "/") ?? main.startIndex)]
    let pattern = pattern.hasPrefix("/") ? pattern : "\(folder)/\(pattern)"
    guard pattern.contains(where: { "*?[".contains($0) }) else { return [pattern] }
    patterns += 1
    guard patterns <= Self.mostPatterns else { return [] }
    let glob = PathGlob(pattern)
    return Set(files.keys).union([include]).filter(glob.matches)
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private mutating func add(_ words: [String], in file: String, at line: Int) {
    guard listens.count < Self.mostListens, words.count > 1,
      let (address, port) = Self.socket(words[1])
    else { return }
    let options = words.dropFirst(2)
    listens.append(
      .init(
        file: HostText(file, limit: 200).text, line: line,
        text: HostText(words.joined(separator: " "), limit: 100).text,
        address: HostText(address, limit: 50).text, port: port,
        isDefault: options.contains("default_server") || options.contains("default"),
        takesProxyProtocol: options.contains("proxy_protocol"),
        takesBothFamilies: options.contains("ipv6only=off"),
        isBehindRelease: isBehindRelease))
  }

  /// `443`, `*:443`, `192.0.2.1:443`, `192.0.2.1`, `[::]:443`, `[::1]`; nil for a Unix socket and for several
  /// ports at once.
  private static func socket(_ text: String) -> (address: String, port: Int)? {
    let isRange = text.contains("-") && text.utf8.allSatisfy { 48...57 ~= $0 || $0 == 45 }
    guard !text.hasPrefix("unix:"), !isRange else { return nil }
    let colon = text.lastIndex(of: ":").flatMap { text[$0...].contains("]") ? nil : $0 }
    let isPort = text.utf8.allSatisfy { 48...57 ~= $0 }
    let port = isPort ? Int(text) : colon.map { Int(text[text.index(after: $0)...]) } ?? 80
    guard let port, (1...65_535).contains(port) else { return nil }
    let host = isPort ? "*" : text[..<(colon ?? text.endIndex)]
    let address = host.filter { $0 != "[" && $0 != "]" }
    return (["*", ""].contains(address) ? "0.0.0.0" : address, port)
  }
}

/// A pattern of files, as in `include` (glob(7)).
struct PathGlob {
  private let pattern: [UInt8]

  init(_ pattern: String) { self.pattern = Array(pattern.utf8) }

  func matches(_ path: String) -> Bool {
    let path = Array(path.utf8)
    var (at, next) = (0, 0)
    /// Where to continue if the text after the last star does not match.
    var star: (pattern: Int, path: Int)?
    while at < path.count {
      if next < pattern.count, pattern[next] == UInt8(ascii: "*") {
        star = (next + 1, at)
        next += 1
      } else if let end = matchesOne(path[at], at: next) {
        (at, next) = (at + 1, end)
      } else if let last = star, path[last.path] != UInt8(ascii: "/") {
        star = (last.pattern, last.path + 1)
        (at, next) = (last.path + 1, last.pattern)
      } else {
        return false
      }
    }
    return pattern[next...].allSatisfy { $0 == UInt8(ascii: "*") }
  }

  /// The next position in the pattern if its next element matches this byte; nil if it does not.
  private func matchesOne(_ byte: UInt8, at start: Int) -> Int? {
    guard start < pattern.count else { return nil }
    switch pattern[start] {
    case UInt8(ascii: "?"): return byte == UInt8(ascii: "/") ? nil : start + 1
    case UInt8(ascii: "["):
      guard let end = pattern[start...].dropFirst(2).firstIndex(of: UInt8(ascii: "]")) else {
        return byte == pattern[start] ? start + 1 : nil
      }
      var set = pattern[(start + 1)..<end]
      let isNegated = set.first == UInt8(ascii: "!") || set.first == UInt8(ascii: "^")
      if isNegated { set = set.dropFirst() }
      let isIn = set.indices.contains { index in
        set[index] == byte
          || set[index] == UInt8(ascii: "-") && index > set.startIndex && index + 1 < set.endIndex
            && set[index - 1] <= byte && byte <= set[index + 1]
      }
      return isIn != isNegated && byte != UInt8(ascii: "/") ? end + 1 : nil
    case byte: return start + 1
    default: return nil
    }
  }
}
