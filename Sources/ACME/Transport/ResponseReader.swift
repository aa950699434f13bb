/// Reads answers as `curl --include` prints them: status line, fields, an empty line and the body.
enum ResponseReader {
  /// Nil if the bytes are not an answer. Interim answers (1xx) before it are passed over.
  static func read(_ bytes: [UInt8]) -> HTTPResponse? {
    var rest = bytes[...]
    while true {
      guard let head = head(&rest), let status = status(head.first) else { return nil }
      if (100..<200).contains(status) { continue }
      var fields: [String: [String]] = [:]
      for line in head.dropFirst() {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        let name = line[..<colon].lowercased()
        fields[name, default: []].append(String(line[line.index(after: colon)...][...].trimmed))
      }
      return HTTPResponse(status: status, fields: fields, body: Array(rest))
    }
  }

  /// Removes the lines up to the first empty one, and returns them.
  private static func head(_ rest: inout ArraySlice<UInt8>) -> [String]? {
    var lines: [String] = []
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let line = String(decoding: rest[..<end], as: UTF8.self).filter { $0 != "\r" && $0 != "\r\n" }
      rest = rest[(end + 1)...]
      guard !line.isEmpty else { return lines }
      lines.append(line)
    }
    return nil
  }

  /// The number in `HTTP/1.1 200 OK` or `HTTP/2 200`.
  private static func status(_ line: String?) -> Int? {
    let words = (line ?? "").split(separator: " ")
    guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int(words[1]),
      (100..<600).contains(status)
    else { return nil }
    return status
  }
}
