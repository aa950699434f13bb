package import Fleet

/// The beginning of a certificate's serial number, as people write it and messages print it.
package struct SerialPrefix: Hashable, Sendable {
  /// The minimum number of digits that identify a certificate.
  package static let shortest = 8
  /// A serial has at most 20 bytes (RFC 5280, 4.1.2.2).
  private static let longest = 40

  /// Lower-case hex.
  package let digits: String

  /// Returns nil if the text is not hexadecimal digits: with or without colons, in either case, and with
  /// the ellipsis of a short form.
  package init?(_ text: String) {
    var text = text[...]
    for ellipsis in ["…", "..."] where text.hasSuffix(ellipsis) {
      text = text.dropLast(ellipsis.count)
    }
    let digits = text.utf8.filter { $0 != UInt8(ascii: ":") }
    let isHex = digits.allSatisfy { digit in
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
        UInt8(ascii: "A")...UInt8(ascii: "F"):
        true
      default: false
      }
    }
    guard isHex, (1...Self.longest).contains(digits.count) else { return nil }
    self.digits = String(decoding: digits, as: UTF8.self).lowercased()
  }

  /// The digits as a complete serial, as in certificates and revocation lists: two for each byte, without
  /// leading zero bytes because a serial is a number (RFC 5280, 4.1.2.2).
  package var wholeSerial: String {
    let number = digits.drop { $0 == "0" }
    return number.utf8.count.isMultiple(of: 2) ? String(number) : "0" + number
  }

  /// Whether a serial begins with it, or is the same number.
  package func matches(_ serial: String) -> Bool {
    serial.hasPrefix(digits) || serial == wholeSerial
  }
}

extension CertificateRecord {
  /// The short form of a serial in messages; `SerialPrefix` reads it.
  package var shortSerial: String { Self.short(serial) }

  package static func short(_ serial: String) -> String {
    "\(serial.prefix(SerialPrefix.shortest))…"
  }
}

extension FleetState {
  /// The certificates whose serial has the prefix and that have not expired, each once.
  package func issued(beginningWith prefix: SerialPrefix, at now: Timestamp) -> [IssuanceRecord] {
    var found: [IssuanceRecord] = []
    for record in issued
    where prefix.matches(record.certificate.serial) && record.certificate.notAfter > now {
      let isKnown = found.contains {
        $0.certificate.serial == record.certificate.serial
          && $0.certificate.issuerKeyIdentifier == record.certificate.issuerKeyIdentifier
      }
      if !isKnown { found.append(record) }
    }
    return found
  }
}
