import Fleet
import FleetLiterals
import State
import Testing

@Suite("The beginning of a serial number")
struct SerialPrefixTests {
  private let serial = "0a2ccc4700112233445566778899aabb"

  @Test(
    "is read as people and messages write it",
    arguments: [
      "0a2ccc47", "0A2CCC47", "0A:2C:CC:47", "0a2ccc47…", "0a2ccc47...",
      "0A:2C:CC:47:00:11:22:33:44:55:66:77:88:99:AA:BB", "a2ccc4700112233445566778899aabb",
    ])
  func written(_ text: String) throws {
    #expect(try #require(SerialPrefix(text)).matches(serial))
  }

  @Test(
    "is not read from other text",
    arguments: [
      "", "…", ":", "0x0a2ccc47", "0a2ccc4g", "０a2ccc47", "0a2ccc47 ", "-0a2ccc47",
      String(repeating: "0", count: 41),
    ])
  func malformed(_ text: String) { #expect(SerialPrefix(text) == nil) }

  @Test(
    "becomes a complete serial as in certificates: whole bytes without leading zero bytes",
    arguments: [
      ("0011223344556677", "11223344556677"), ("00000a2ccc4700", "0a2ccc4700"),
      ("a2ccc47", "0a2ccc47"), ("8f2ccc4700", "8f2ccc4700"), ("1", "01"),
    ])
  func whole(_ text: String, _ serial: String) throws {
    #expect(try #require(SerialPrefix(text)).wholeSerial == serial)
  }

  @Test("does not match in the middle, nor a number that is longer or shorter")
  func other() throws {
    for text in ["2ccc4700", "a2ccc470", "0a2ccc48", serial + "00"] {
      #expect(try !#require(SerialPrefix(text)).matches(serial), "\(text)")
    }
  }

  @Test("finds each certificate once, even if its host was renamed, and no expired ones")
  func issued() throws {
    let now = Timestamp(secondsSince1970: 100)
    func record(_ host: HostName, _ serial: String, end: Int64 = 200) -> IssuanceRecord {
      IssuanceRecord(
        host: host, path: "tls/back-end.crt",
        certificate: CertificateRecord(
          serial: serial, issuer: "Shop CA", issuerKeyIdentifier: "1e", commonName: host.text,
          names: [host.text], key: "ecdsa-p256", notBefore: now,
          notAfter: Timestamp(secondsSince1970: end)), issuedAt: now)
    }
    var state = FleetState(fleet: "shop", lineage: "a1")
    state.recordIssued(
      [record("app-1", serial), record("app-2", "0a2ccc47ff"), record("app-3", "77", end: 150)],
      at: now)
    state.record(
      HostRecord(
        address: "198.18.0.1", roles: [],
        release: ReleaseRecord(
          number: 1, files: [:],
          certificates: ["tls/back-end.crt": record("app-1", serial).certificate]),
        appliedAt: now, appliedBy: "ann@laptop"), of: "app-9")
    #expect(state.issued(to: "app-9", at: now).map(\.certificate.serial) == [serial])
    func found(_ text: String, at time: Int64 = 100) throws -> [String] {
      state.issued(
        beginningWith: try #require(SerialPrefix(text)),
        at: Timestamp(secondsSince1970: time)
      ).map(\.certificate.serial)
    }
    #expect(try found("0a2ccc47") == [serial, "0a2ccc47ff"])
    #expect(try found("0a2ccc4700") == [serial])
    #expect(try found("77") == ["77"] && found("77", at: 150).isEmpty)
  }
}
