import Hashing
import Testing

@Suite("Digests")
struct DigestTests {
  @Test(
    "SHA-256 gives the values of FIPS 180-4's examples",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func digest(text: String, expected: String) {
    #expect(Digest.sha256(of: text) == expected)
    #expect(Digest.sha256(of: Array(text.utf8)) == expected)
    var pieces = Digest()
    for byte in text.utf8 { pieces.update([byte]) }
    #expect(hexadecimal(pieces.bytes()) == expected)
  }

  @Test("HMAC-SHA1 gives the values of RFC 2202's examples")
  func hmac() {
    #expect(
      hexadecimal(
        hmacSHA1(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)))
        == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
    let long = hmacSHA1(
      Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
      key: [UInt8](repeating: 0xaa, count: 80))
    #expect(hexadecimal(long) == "aa4ae5e15272d00e95705637ce8a3b55ed402112")
    #expect(
      hexadecimal(hmacSHA1([], key: [])) == "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d",
      "no bytes at all")
  }
}
