internal import Glibc

/// Reads a whole file; nil when there is none.
func readLocalFile(_ path: String) throws(SystemError) -> String? {
  let number = open(path, O_RDONLY | O_CLOEXEC)
  if number < 0 && errno == ENOENT { return nil }
  let file = try Descriptor(adopting: number)
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 64 * 1024)
  while true {
    let count = read(file.number, &chunk, chunk.count)
    if count < 0 { throw SystemError.current }
    if count == 0 { return String(decoding: bytes, as: UTF8.self) }
    bytes += chunk.prefix(count)
  }
}

/// Makes a file that must not exist yet.
func writeLocalFile(_ path: String, _ bytes: [UInt8], mode: mode_t) throws(SystemError) {
  let file = try Descriptor(adopting: open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode))
  try write(bytes, to: file)
}

/// Adds to a file's end in one write, so that what several add at once stays in lines.
func appendToLocalFile(_ path: String, _ bytes: [UInt8]) throws(SystemError) {
  let file = try Descriptor(
    adopting: open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600))
  try write(bytes, to: file)
}

private func write(_ bytes: [UInt8], to file: borrowing Descriptor) throws(SystemError) {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Glibc.write(file.number, $0.baseAddress, $0.count) }
    guard count >= 0 else { throw SystemError.current }
    rest = rest.dropFirst(count)
  }
}
