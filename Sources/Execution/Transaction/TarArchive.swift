/// A tar stream in the format that every tar reads: ustar (POSIX.1-1988), with long names as in GNU tar,
/// because ustar has no room for file names of more than 100 bytes.
struct TarArchive {
  private static let blockSize = 512
  private static let longestName = 100

  private(set) var bytes: [UInt8] = []

  mutating func addFolder(_ path: String, mode: Int) {
    appendHeader(path + "/", mode: mode, size: 0, type: "5")
  }

  mutating func addFile(_ path: String, mode: Int, content: [UInt8]) {
    appendHeader(path, mode: mode, size: content.count, type: "0")
    bytes += content
    pad(to: Self.blockSize)
  }

  /// Ends the archive with two empty blocks, and pads it to the record size of tar.
  mutating func finish() {
    bytes += [UInt8](repeating: 0, count: 2 * Self.blockSize)
    pad(to: 20 * Self.blockSize)
  }

  private mutating func pad(to size: Int) {
    bytes += [UInt8](repeating: 0, count: (size - bytes.count % size) % size)
  }

  private mutating func appendHeader(_ path: String, mode: Int, size: Int, type: Character) {
    let name = Array(path.utf8)
    if name.count > Self.longestName {
      appendHeader("././@LongLink", mode: 0, size: name.count + 1, type: "L")
      bytes += name + [0]
      pad(to: Self.blockSize)
    }
    var header: [UInt8] = []
    func field(_ text: some Collection<UInt8>, _ width: Int) {
      header += Array(text) + [UInt8](repeating: 0, count: width - text.count)
    }
    func field(_ text: String, _ width: Int) { field(text.utf8, width) }
    func octal(_ number: Int, _ width: Int) {
      let digits = String(number, radix: 8)
      field(String(repeating: "0", count: width - 1 - digits.count) + digits, width)
    }
    field(name.prefix(Self.longestName), Self.longestName)
    octal(mode, 8)
    octal(0, 8)
    octal(0, 8)
    octal(size, 12)
    octal(0, 12)
    let checksumPlace = header.count
    field("        ", 8)
    field(String(type), 1)
    field("", 100)
    field("ustar", 6)
    field("00", 2)
    field("root", 32)
    field("root", 32)
    octal(0, 8)
    octal(0, 8)
    field("", 167)
    let checksum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    let digits = String(repeating: "0", count: 6 - checksum.count) + checksum
    header.replaceSubrange(checksumPlace..<checksumPlace + 8, with: Array(digits.utf8) + [0, 0x20])
    bytes += header
  }
}
