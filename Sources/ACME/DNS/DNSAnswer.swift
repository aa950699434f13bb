/// One record of an answer of a DNS server.
struct DNSRecord: Hashable, Sendable {
  /// In lower case, with the final dot.
  let name: String
  /// Such as `TXT`, in upper case.
  let type: String
  /// As zone files write it (RFC 1035, 5.1).
  let data: String

  /// The domain name that is the first word of the data of CNAME, NS and SOA records.
  var target: String { String(data.prefix { $0 != " " }).lowercased() }

  /// The character strings of a TXT or CAA record, with quotes and escapes removed.
  var strings: [String] { Self.strings(data) }

  private static func strings(_ data: String) -> [String] {
    var strings: [String] = []
    var rest = Array(data.utf8)[...]
    while true {
      rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      guard let first = rest.first else { return strings }
      let isQuoted = first == UInt8(ascii: "\"")
      if isQuoted { rest.removeFirst() }
      var bytes: [UInt8] = []
      while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "\\") {
          bytes.append(escaped(&rest))
        } else if isQuoted ? byte == UInt8(ascii: "\"") : byte == UInt8(ascii: " ") {
          break
        } else {
          bytes.append(byte)
        }
      }
      strings.append(String(decoding: bytes, as: UTF8.self))
    }
  }

  /// What follows a backslash: three digits are a byte, anything else is itself.
  private static func escaped(_ rest: inout ArraySlice<UInt8>) -> UInt8 {
    let digits = String(decoding: rest.prefix(3), as: UTF8.self)
    if digits.utf8.count == 3, let byte = UInt8(digits) {
      rest.removeFirst(3)
      return byte
    }
    return rest.popFirst() ?? UInt8(ascii: "\\")
  }
}

/// What a DNS server answered.
struct DNSAnswer: Hashable, Sendable {
  /// Such as `NOERROR` or `NXDOMAIN`.
  var status: String
  /// The records of the answer section, aliases before what they lead to.
  var records: [DNSRecord] = []

  /// Whether the server knows: that there are records, or that there are none.
  var isConclusive: Bool { status == "NOERROR" || status == "NXDOMAIN" }

  func records(_ type: String) -> [DNSRecord] { records.filter { $0.type == type } }

  /// Reads what dig prints with `+noall +comments +answer`; nil if that has no answer.
  init?(dig text: String) {
    var status: String?
    var records: [DNSRecord] = []
    for line in text.split(whereSeparator: \.isNewline) {
      if line.hasPrefix(";") {
        let words = line.split(separator: " ")
        guard words.contains("->>HEADER<<-"), let label = words.firstIndex(of: "status:"),
          let value = words[(label + 1)...].first
        else { continue }
        status = String(value.prefix { $0 != "," })
        // If dig repeats a question by TCP, the last answer counts.
        records = []
      } else if let record = DNSRecord(dig: line) {
        records.append(record)
      }
    }
    guard let status else { return nil }
    self.status = status
    self.records = records
  }
}

extension DNSRecord {
  /// Reads a line: name, time to live, class, type and data.
  fileprivate init?(dig line: Substring) {
    let words = line.split(maxSplits: 4, whereSeparator: \.isWhitespace)
    guard words.count == 5, words[2] == "IN" else { return nil }
    self.init(
      name: words[0].lowercased(), type: words[3].uppercased(), data: String(words[4]))
  }
}
