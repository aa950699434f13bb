internal import Algorithms
internal import Files
internal import Glibc

/// The known_hosts files of a client's hosts, read once, and again when they change.
final class KnownHostsFiles: Sendable {
  private struct Stamp: Hashable {
    let path: String
    let inode: UInt
    let size: Int
    let changedAt: Int
    let nanoseconds: Int
  }

  private struct Contents {
    var known: KnownHosts
    /// A run connects to a host more than once, and hashed names cost a digest for each line.
    var byHost: [KnownHosts.Name: KnownHosts] = [:]

    mutating func about(_ name: KnownHosts.Name) -> KnownHosts {
      if let known = byHost[name] { return known }
      let known = known.about(name)
      byHost[name] = known
      return known
    }
  }

  private let read = LockedValue<[[Stamp?]: Contents]>([:])
  private let writing = LockedValue(())

  /// The lines about a host.
  ///
  /// - Throws: the path of the file that cannot be read, and why.
  func load(
    _ paths: [String], about name: KnownHosts.Name
  ) throws(FileError) -> KnownHosts {
    let stamps = paths.map(Self.stamp)
    return try read.withLock { read throws(FileError) in
      if let known = read[stamps]?.about(name) { return known }
      var contents = Contents(known: try KnownHosts.load(paths))
      let known = contents.about(name)
      read[stamps] = contents
      return known
    }
  }

  /// Adds hosts to a file, each once; creates the file and its folder if needed.
  func record(_ keys: [NewHostKey], in path: String) throws(FileError) {
    let failure: FileError? = writing.withLock { _ in
      do throws(FileError) {
        try append(keys, to: path)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  private func append(_ keys: [NewHostKey], to path: String) throws(FileError) {
    guard path != KnownHosts.nowhere else { return }
    let known = try KnownHosts.load([path])
    let missing = keys.filter { !known.has($0) }
    guard !missing.isEmpty else { return }
    let lines = missing.map(\.line).uniqued()
    if let end = path.lastIndex(of: "/"), end != path.startIndex {
      mkdir(String(path[..<end]), 0o700)
    }
    // Another program may have left the last line without a line feed.
    let last = try FileReader.readIfPresent(path, as: .knownHosts)?.last
    let start = last == nil || last == UInt8(ascii: "\n") ? "" : "\n"
    try FileWriter.append(path, Array((start + lines.joined(separator: "\n") + "\n").utf8))
  }

  private static func stamp(_ path: String) -> Stamp? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Stamp(
      path: path, inode: UInt(status.st_ino), size: Int(status.st_size),
      changedAt: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
  }
}

/// The key of a host that is in no known_hosts file.
package struct NewHostKey: Hashable, Sendable {
  /// The name of the host in messages.
  package let label: String
  /// The name under which it is recorded.
  package let name: String
  /// "ssh-ed25519".
  package let type: String
  package let fingerprint: String
  /// The file that it belongs in.
  package let file: String
  let key: HostKey

  /// The line for the known_hosts file.
  package var line: String { "\(name) \(type) \(key.base64)" }
}

extension KnownHosts {
  fileprivate func has(_ new: NewHostKey) -> Bool {
    entries.contains { $0.marker == nil && $0.key == new.key && $0.hosts.matches(new.name) }
  }
}
