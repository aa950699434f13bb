import Fleet
import Glibc
import TestSupport
import Testing

@Suite("Addresses")
struct IPAddressTests {
  /// What the C library makes of a text: the bytes in network order.
  private static func reference(_ text: String) -> [UInt8]? {
    let isV6 = text.contains(":")
    var bytes = [UInt8](repeating: 0, count: isV6 ? 16 : 4)
    return inet_pton(isV6 ? AF_INET6 : AF_INET, text, &bytes) == 1 ? bytes : nil
  }

  private static func referenceText(_ bytes: [UInt8]) -> String? {
    var text = [CChar](repeating: 0, count: 64)
    guard inet_ntop(bytes.count == 16 ? AF_INET6 : AF_INET, bytes, &text, 64) != nil else {
      return nil
    }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
  }

  private static func bytes(_ address: IPAddress) -> [UInt8] {
    switch address {
    case .v4(let bits): (0..<4).map { UInt8(truncatingIfNeeded: bits >> UInt32(24 - 8 * $0)) }
    case .v6(let bits): (0..<16).map { UInt8(truncatingIfNeeded: bits >> UInt128(120 - 8 * $0)) }
    }
  }

  @Test("every IPv4 address is printed and read as inet_ntop and inet_pton do")
  func v4RoundTrip() {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<5_000 {
      let address = IPAddress.v4(UInt32.random(in: .min ... .max, using: &random))
      #expect(Self.referenceText(Self.bytes(address)) == address.description)
      #expect(IPAddress(address.description) == address)
    }
  }

  @Test("every IPv6 address is printed and read as inet_ntop and inet_pton do")
  func v6RoundTrip() {
    var random = SeededGenerator(seed: 2)
    for _ in 0..<20_000 {
      // Groups of nought are common, so that each way to shorten them is met.
      let bits = (0..<8).reduce(UInt128(0)) { bits, _ in
        let group =
          Bool.random(using: &random) ? 0 : UInt16.random(in: .min ... .max, using: &random)
        return bits << 16 | UInt128(group >> Int.random(in: 0...15, using: &random))
      }
      let address = IPAddress.v6(bits)
      let reference = Self.referenceText(Self.bytes(address))
      // The C library writes IPv4 in dots where RFC 5952 leaves the choice.
      if reference?.contains(".") == true {
        #expect(reference.flatMap { IPAddress($0) } == address)
      } else {
        #expect(reference == address.description)
      }
      #expect(IPAddress(address.description) == address)
    }
  }

  @Test("random texts are read or refused as inet_pton does")
  func agreement() {
    var random = SeededGenerator(seed: 3)
    let pieces = [
      ":", "::", ".", "0", "1", "00", "01", "ffff", "fffff", "255", "256", "1.2.3.4", "a", "G",
      "12",
      "-1", "+1", " ", "%1", "١", "1:2:3:4:5:6", "::ffff:",
    ]
    var accepted = 0
    for _ in 0..<200_000 {
      let count = Int.random(in: 1...9, using: &random)
      let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      let address = IPAddress(text)
      #expect(address.map(Self.bytes) == Self.reference(text), "\(text)")
      if address != nil { accepted += 1 }
    }
    #expect(accepted > 1_000)
  }

  @Test(
    "mutated addresses are read or refused as inet_pton does",
    arguments: ["198.51.100.21", "2001:db8::12", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8", "1:2:3::"])
  func mutations(_ start: String) {
    var random = SeededGenerator(seed: 4)
    let characters = Array("0123456789abcdefABCDEF:.:.::g/% ")
    for _ in 0..<20_000 {
      var text = Array(start)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let index = Int.random(in: 0..<max(1, text.count), using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0 where !text.isEmpty: text.remove(at: index)
        case 1: text.insert(characters.randomElement(using: &random) ?? ":", at: index)
        case _ where !text.isEmpty: text[index] = characters.randomElement(using: &random) ?? ":"
        default: break
        }
      }
      #expect(IPAddress(String(text)).map(Self.bytes) == Self.reference(String(text)), "\(text)")
    }
  }

  @Test("a range contains the addresses that share its prefix, and no others")
  func ranges() throws {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<5_000 {
      let isV6 = Bool.random(using: &random)
      let width = isV6 ? 128 : 32
      let length = Int.random(in: 0...width, using: &random)
      let bits = UInt128.random(in: .min ... .max, using: &random) >> UInt128(128 - width)
      let host = UInt128(width - length)
      let network = length == 0 ? 0 : (bits >> host) << host
      func address(_ bits: UInt128) -> IPAddress { isV6 ? .v6(bits) : .v4(UInt32(bits)) }
      let range = try #require(AddressRange("\(address(network))/\(length)"))
      #expect(range.prefixLength == length && range.address == address(network))
      #expect(AddressRange(range.description) == range)
      #expect(range.contains(address(bits)))
      if length > 0 { #expect(!range.contains(address(bits ^ (1 << host)))) }
      if bits != network { #expect(AddressRange("\(address(bits))/\(length)") == nil) }
      #expect(!range.contains(isV6 ? .v4(0) : .v6(0)))
    }
  }

  @Test(
    "a text that is not a range is refused",
    arguments: [
      "", "/", "/8", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/032", "1.2.3.4/+8", "1.2.3.4/32/1",
      "1.2.3.4/-1", "::/129", "1.2.3.0/24 ", "10.0.0.1/8",
    ])
  func notRanges(_ text: String) {
    #expect(AddressRange(text) == nil)
  }

  @Test("an IPv6 address is put in brackets before a port")
  func inURL() throws {
    #expect(try #require(IPAddress("2001:db8::1")).inURL == "[2001:db8::1]")
    #expect(try #require(IPAddress("198.18.0.1")).inURL == "198.18.0.1")
  }
}
