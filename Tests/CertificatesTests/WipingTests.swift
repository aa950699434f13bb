import Certificates
import Foundation
import Testing

/// Bytes that the search for them does not put into memory itself: they are kept masked.
private struct MaskedBytes {
  private static let mask: UInt8 = 0x5A
  private let masked: [UInt8]

  var count: Int { masked.count }

  /// A piece from the middle: the heap overwrites the ends of freed memory, which does not count as wiping.
  var core: MaskedBytes { MaskedBytes(masked: Array(masked[count / 4..<count / 2])) }

  private init(masked: [UInt8]) { self.masked = masked }

  /// Different every time, without a byte 0 or a line's end.
  static func random(count: Int) -> MaskedBytes {
    MaskedBytes(
      masked: (0..<count).map { _ in UInt8.random(in: 0x61...0x7A) ^ mask })
  }

  init(hexadecimal text: some StringProtocol) {
    let digits = text.compactMap(\.hexDigitValue)
    masked = stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1]) ^ Self.mask
    }
  }

  var reversed: MaskedBytes { MaskedBytes(masked: masked.reversed()) }

  var secret: Secret { Secret(copying: masked.lazy.map { $0 ^ Self.mask }) }

  /// How often they occur in a piece of memory.
  fileprivate func occurrences(in bytes: UnsafeRawBufferPointer) -> Int {
    guard var start = bytes.baseAddress, let first = masked.first else { return 0 }
    let end = start + bytes.count
    var found = 0
    while end - start >= masked.count,
      let match = memchr(start, Int32(first ^ Self.mask), end - start)
    {
      start = UnsafeRawPointer(match)
      if end - start >= masked.count, matches(start) { found += 1 }
      start += 1
    }
    return found
  }

  private func matches(_ bytes: UnsafeRawPointer) -> Bool {
    for (offset, byte) in masked.enumerated() {
      guard bytes.load(fromByteOffset: offset, as: UInt8.self) == byte ^ Self.mask else {
        return false
      }
    }
    return true
  }
}

/// A search through the writable memory of this process, in use or freed.
///
/// It is prepared before the secret is released: it allocates nothing while it searches, which could
/// overwrite the freed memory, and so look like wiping.
private final class MemorySearch {
  private let memory: Int32
  private let regions: [Range<Int>]
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)

  init() throws {
    let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
    regions = try maps.split(separator: "\n").filter { $0.contains(" rw") }.map { line in
      let ends = line.prefix { $0 != " " }.split(separator: "-").compactMap { Int($0, radix: 16) }
      try #require(ends.count == 2)
      return ends[0]..<ends[1]
    }
    memory = open("/proc/self/mem", O_RDONLY)
    try #require(memory >= 0)
  }

  deinit {
    close(memory)
    buffer.deallocate()
  }

  func occurrences(of bytes: MaskedBytes) -> Int {
    var found = 0
    for region in regions {
      var place = region.lowerBound
      while place < region.upperBound {
        let wanted = min(buffer.count, region.upperBound - place)
        let count = pread(memory, buffer.baseAddress, wanted, off_t(place))
        guard count > 0 else { break }
        found += bytes.occurrences(in: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        // A match may lie across two chunks.
        place += count < buffer.count ? count : count - bytes.count
      }
    }
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    return found
  }
}

@Suite("A secret is gone from memory when its last owner has released it", .serialized)
struct WipingTests {
  @Test("A passphrase is gone when it has sealed and opened a key")
  func passphrase() throws {
    let bytes = MaskedBytes.random(count: 400)
    var secret: Secret? = bytes.secret
    var ca: CertificateAuthority?
    do {
      let passphrase = try #require(secret)
      let files = try CertificateAuthority.create(
        CARequest(commonName: "Wiped", key: .ecdsaP256, validFor: day),
        passphrase: passphrase, now: noon)
      ca = try CertificateAuthority.unlock(files, passphrase: passphrase)
    }
    #expect(
      try MemorySearch().occurrences(of: bytes.core) > 0, "the search must find what is there")
    let search = try MemorySearch()
    secret = nil
    #expect(search.occurrences(of: bytes.core) == 0)
    #expect(ca?.facts.commonName == "Wiped")
  }

  @Test("The bytes that a secret was made from are overwritten")
  func source() throws {
    let bytes = MaskedBytes.random(count: 400)
    var copy = bytes.secret.withUnsafeBytes { Array($0) }
    let search = try MemorySearch()
    var secret: Secret? = Secret(wiping: &copy)
    #expect(
      try MemorySearch().occurrences(of: bytes.core) > 0, "the search must find what is there")
    secret = nil
    #expect(search.occurrences(of: bytes.core) == 0 && secret == nil)
  }

  @Test("A CA's private key is gone when it has signed, if OpenSSL wipes what it frees")
  func privateKey() async {
    // In a separate process, because OpenSSL must not have been used before.
    await #expect(processExitsWith: .success) {
      #expect(Secret.wipeWhatOpenSSLFrees())
      let remains = try WipingTests.remainsOfPrivateKey()
      #expect(remains == [0, 0])
    }
  }

  /// How often the key is in memory before and after the CA is.
  private static func remainsOfPrivateKey() throws -> [Int] {
    let foreign = try ForeignCertificate("Wiped", extensions: ForeignCertificate.ca)
    let text = try OpenSSLCommand(
      ["pkey", "-in", "key", "-text", "-noout"], files: ["key": foreign.key])
    let scalar = MaskedBytes(hexadecimal: text.block("priv").joined())
    let sealed = try OpenSSLCommand(
      ["pkcs8", "-topk8", "-in", "key", "-v2", "aes-256-cbc", "-passout", "pass:simple"],
      files: ["key": foreign.key]
    ).pem
    // OpenSSL's numbers start with their lowest byte on most machines.
    func occurrences(_ search: MemorySearch) -> Int {
      search.occurrences(of: scalar.core) + search.occurrences(of: scalar.reversed.core)
    }
    let before = occurrences(try MemorySearch())
    var ca: CertificateAuthority? = try .unlock(
      CAFiles(certificatePEM: foreign.pem, encryptedKeyPEM: sealed),
      passphrase: Secret(copying: Array("simple".utf8)))
    _ = try ca?.issue(
      LeafRequest(
        role: .server, commonName: "a", dnsNames: ["a.example"], key: .ecdsaP256, validFor: day),
      now: foreign.time())
    #expect(occurrences(try MemorySearch()) > 0, "the search must find what is there")
    let search = try MemorySearch()
    ca = nil
    return [before, occurrences(search)]
  }
}
