internal import Files
internal import FoundationEssentials

/// The lines of known_hosts files (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
struct KnownHosts: Sendable {
  enum Marker: String, Hashable, Sendable {
    case certificateAuthority = "@cert-authority"
    case revoked = "@revoked"
  }

  struct Entry: Hashable, Sendable {
    let file: String
    let line: Int
    let marker: Marker?
    let hosts: HostPattern
    let key: HostKey

    var place: String { "\(file):\(line)" }
  }

  /// A file that knows no host and records none, as `UserKnownHostsFile /dev/null` asks for.
  static let nowhere = "/dev/null"

  /// What the known_hosts files say about the key that a host presented.
  enum KeyCheck: Hashable, Sendable {
    case trusted
    /// Nothing is known, or only keys of other types.
    case unknown(others: [Entry])
    /// Another key of the same type is known.
    case changed([Entry])
    case revoked(Entry)
  }

  private(set) var entries: [Entry] = []
  /// The lines that name a host literally; a fleet's file may have one for each of its hosts.
  private var placesByName: [String: [Int]] = [:]
  /// The lines whose patterns have to be tried.
  private var placesOfPatterns: [Int] = []

  /// Reads the files; a missing file knows no host.
  ///
  /// - Throws: the path of the file that cannot be read, and why.
  static func load(_ paths: [String]) throws(FileError) -> KnownHosts {
    var known = KnownHosts()
    for path in paths where path != nowhere {
      guard let bytes = try FileReader.readIfPresent(path, as: .knownHosts) else { continue }
      known.add(String(decoding: bytes, as: UTF8.self), file: path)
    }
    return known
  }

  /// Adds a file's lines; like OpenSSH, it skips lines that it cannot read.
  mutating func add(_ text: String, file: String) {
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    for (index, line) in lines.enumerated() {
      if let entry = Self.entry(line, file: file, number: index + 1) { add(entry) }
    }
  }

  private mutating func add(_ entry: Entry) {
    if let names = entry.hosts.plainNames {
      for name in names { placesByName[name, default: []].append(entries.count) }
    } else {
      placesOfPatterns.append(entries.count)
    }
    entries.append(entry)
  }

  /// The lines that apply to a host, with or without its port.
  func about(_ name: Name) -> KnownHosts {
    var places = Set(placesByName[name.full, default: []])
    places.formUnion(placesByName[name.plain, default: []])
    places.formUnion(
      placesOfPatterns.filter {
        entries[$0].hosts.matches(name.full)
          || name.plain != name.full && entries[$0].hosts.matches(name.plain)
      })
    var known = KnownHosts()
    for place in places.sorted() { known.add(entries[place]) }
    return known
  }

  private static func entry(_ line: Substring, file: String, number: Int) -> Entry? {
    var words = line.split { $0 == " " || $0 == "\t" }[...]
    guard let first = words.first, !first.hasPrefix("#") else { return nil }
    var marker: Marker?
    if first.hasPrefix("@") {
      marker = Marker(rawValue: String(first))
      guard marker != nil else { return nil }
      words = words.dropFirst()
    }
    guard words.count >= 3, let hosts = words.popFirst(), let type = words.popFirst(),
      let base64 = words.popFirst(), Data(base64Encoded: String(base64)) != nil
    else { return nil }
    return Entry(
      file: file, line: number, marker: marker, hosts: HostPattern(hosts),
      key: HostKey(type: String(type), base64: String(base64)))
  }

  /// The name under which a host is recorded.
  struct Name: Hashable, Sendable {
    /// "[address]:port", or the address alone for port 22.
    let full: String
    /// Without the port.
    let plain: String

    init(alias: String? = nil, address: String, port: UInt16) {
      plain = (alias ?? address).lowercased()
      full = alias != nil || port == 22 ? plain : "[\(plain)]:\(port)"
    }
  }

  /// The types of the keys that can be accepted from this host.
  func keyTypes(for name: Name) -> Set<String> {
    let recorded = matching(name.full)
    let candidates = recorded.isEmpty ? matching(name.plain) : recorded
    return Set(candidates.map(\.key.type))
  }

  /// The line that revokes this key of the host.
  func revocation(of key: HostKey, from name: Name) -> Entry? {
    entries.first {
      $0.marker == .revoked && $0.key == key
        && ($0.hosts.matches(name.full) || $0.hosts.matches(name.plain))
    }
  }

  /// Whether the key is the expected one for the host, as OpenSSH decides with
  /// StrictHostKeyChecking=yes.
  func check(_ key: HostKey, from name: Name) -> KeyCheck {
    if let revocation = revocation(of: key, from: name) { return .revoked(revocation) }
    let recorded = matching(name.full)
    if recorded.contains(where: { $0.key == key }) { return .trusted }
    let changed = recorded.filter { $0.key.type == key.type }
    if !changed.isEmpty { return .changed(changed) }
    // OpenSSH looks again without the port, and then accepts only exactly this key.
    if matching(name.plain).contains(where: { $0.key == key }) { return .trusted }
    return .unknown(others: recorded)
  }

  /// The lines that name a certificate authority for this host, which libssh2 cannot check.
  func certificateAuthorities(for name: Name) -> [Entry] {
    entries.filter { $0.marker == .certificateAuthority && $0.hosts.matches(name.full) }
  }

  private func matching(_ name: String) -> [Entry] {
    entries.filter { $0.marker == nil && $0.hosts.matches(name) }
  }
}
