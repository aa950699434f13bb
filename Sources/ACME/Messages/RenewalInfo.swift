package import Fleet
import FoundationEssentials
import Hashing

/// When a server suggests to renew a certificate (RFC 9773, 4.2).
package struct RenewalInfo: Hashable, Sendable {
  package let start: Timestamp
  package let end: Timestamp
  /// A page that says why, if the time is unusual.
  package let explanation: String?

  /// - Parameter position: from 0 for the start to 1 for the end, drawn once for each certificate, so that
  ///   certificates of one day are not all renewed at one moment.
  package func renewal(at position: Double) -> Timestamp {
    let seconds = Double(end.secondsSince1970 - start.secondsSince1970)
    return start.adding(seconds: Int64(seconds * min(max(position, 0), 1)))
  }
}

extension RenewalInfo: Decodable {
  private enum CodingKeys: String, CodingKey { case suggestedWindow, explanationURL }
  private struct Window: Decodable { var start, end: String }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let window = try container.decode(Window.self, forKey: .suggestedWindow)
    guard let start = Self.time(window.start), let end = Self.time(window.end), start < end else {
      throw DecodingError.dataCorruptedError(
        forKey: .suggestedWindow, in: container,
        debugDescription: "not a period between two moments of RFC 3339")
    }
    self.start = start
    self.end = end
    explanation = try container.decodeIfPresent(String.self, forKey: .explanationURL)
  }

  /// Reads a moment of RFC 3339, with or without fractions of a second and offset.
  private static func time(_ text: String) -> Timestamp? {
    for fractions in [false, true] {
      let style = Date.ISO8601FormatStyle(includingFractionalSeconds: fractions)
      if let date = try? style.parse(text) {
        return Timestamp(exactly: Int64(date.timeIntervalSince1970.rounded(.down)))
      }
    }
    return nil
  }
}

/// The identifier by which a server knows a certificate for renewal (RFC 9773, 4.1).
package struct CertificateIdentifier: Hashable, Sendable, CustomStringConvertible {
  package let description: String

  /// - Parameters:
  ///   - authorityKey: the authority key identifier, in lower-case hex.
  ///   - serial: the serial number, in lower-case hex with two digits for each byte.
  package init?(authorityKey: String, serial: String) {
    guard let key = bytes(ofHexadecimal: authorityKey), !key.isEmpty,
      var number = bytes(ofHexadecimal: serial), !number.isEmpty
    else { return nil }
    // DER keeps a positive number positive with a zero byte.
    if number[0] & 0x80 != 0 { number.insert(0, at: 0) }
    description = "\(Base64URL.encode(key)).\(Base64URL.encode(number))"
  }
}
