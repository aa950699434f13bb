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
