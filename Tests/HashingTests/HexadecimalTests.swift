import Hashing
import Testing

@Suite("Bytes as hexadecimal digits")
struct HexadecimalTests {
  @Test("are the same after they are read again")
  func roundTrip() {
    let all = (0...255).map { UInt8($0) }
    #expect(bytes(ofHexadecimal: hexadecimal(all)) == all)
    #expect(bytes(ofHexadecimal: "") == [])
  }

  @Test("are nothing else", arguments: ["0", "0A", "0g", " 00", "00\n", "0é", "٠٠"])
  func malformed(_ text: String) { #expect(bytes(ofHexadecimal: text) == nil) }
}
