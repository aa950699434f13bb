import Fleet
import FleetLiterals
import Foundation
import State
import Testing

@Suite("The state of a fleet")
struct FleetStateTests {
  private func encoded(_ state: FleetState) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return try encoder.encode(state)
  }

  @Test("is the same after it was written as JSON and read", arguments: 0..<100 as Range<UInt64>)
  func roundTrip(_ seed: UInt64) throws {
    var samples = Samples(seed: seed)
    let state = samples.state()
    #expect(try JSONDecoder().decode(FleetState.self, from: encoded(state)) == state)
  }

  @Test("is the same JSON after it was read and written")
  func stable() throws {
    var samples = Samples(seed: 11)
    let first = try encoded(samples.state())
    let second = try encoded(JSONDecoder().decode(FleetState.self, from: first))
    #expect(first == second)
  }

  @Test("has documented JSON keys")
  func names() throws {
    var state = FleetState(fleet: "shop", lineage: "a1")
    state.hosts["app-1"] = HostRecord(
      address: "198.18.0.21", roles: ["back-end"],
      release: ReleaseRecord(
        number: 3, files: ["firewall.nft": FileRecord(digest: "ab", isSecret: false)],
        certificates: [:],
        facts: EdgeFacts(
          address: "198.18.0.21", trusts: ["cd"],
          openings: [
            .init(.tcp(443), from: .ranges(["198.18.0.10"]), why: "front-ends of a.example")
          ],
          services: [.init(site: "a.example", port: 443, frontEnds: nil)])),
      appliedAt: Timestamp(secondsSince1970: 1_795_415_280), appliedBy: "ann@laptop")
    #expect(
      String(decoding: try encoded(state), as: UTF8.self) == """
        {
          "caGenerations" : [

          ],
          "fleet" : "shop",
          "hosts" : {
            "app-1" : {
              "address" : "198.18.0.21",
              "appliedAt" : "2026-11-23T06:28:00Z",
              "appliedBy" : "ann@laptop",
              "release" : {
                "certificates" : {

                },
                "facts" : {
                  "address" : "198.18.0.21",
                  "openings" : [
                    {
                      "from" : [
                        "198.18.0.10"
                      ],
                      "port" : 443,
                      "why" : "front-ends of a.example"
                    }
                  ],
                  "routes" : [

                  ],
                  "services" : [
                    {
                      "port" : 443,
                      "site" : "a.example"
                    }
                  ],
                  "trusts" : [
                    "cd"
                  ]
                },
                "files" : {
                  "firewall.nft" : {
                    "digest" : "ab",
                    "isSecret" : false
                  }
                },
                "number" : 3
              },
              "roles" : [
                "back-end"
              ]
            }
          },
          "issued" : [

          ],
          "lineage" : "a1",
          "revocations" : [

          ],
          "serial" : 0,
          "version" : 2
        }
        """)
  }

  @Test("with an invalid time is refused with a message")
  func wrongTime() throws {
    let json =
      #"{"version":1,"fleet":"a","lineage":"b","serial":0,"caGenerations":[],"hosts":{"#
      + #""x":{"address":"198.51.100.21","roles":[],"appliedBy":"","appliedAt":"yesterday","#
      + #""release":{"number":1,"files":{},"certificates":{}}}}}"#
    do {
      _ = try JSONDecoder().decode(FleetState.self, from: Data(json.utf8))
      Issue.record("it was read")
    } catch let DecodingError.dataCorrupted(context) {
      #expect(
        context.debugDescription == "\"yesterday\" is not a time such as 2026-11-23T06:28:00Z")
    }
  }

  @Test("of a version without revocations and retiring generations can still be read")
  func older() throws {
    let json =
      #"{"version":1,"fleet":"a","lineage":"b","serial":4,"hosts":{},"caGenerations":[{"#
      + #""generation":1,"commonName":"c","keyIdentifier":"1e","fingerprint":"2f","#
      + #""notBefore":"2026-11-23T06:28:00Z","notAfter":"2036-11-23T06:28:00Z","#
      + #""certificate":"PEM"}]}"#
    let state = try JSONDecoder().decode(FleetState.self, from: Data(json.utf8))
    #expect(state.revocations == [])
    #expect(state.caGenerations.map(\.status) == [.signing])
  }

  @Test("takes a renewed CA certificate, which begins with the first one, and keeps it")
  func renewedCA() {
    func record(until end: Int64) -> CAGeneration {
      CAGeneration(
        generation: 1, commonName: "Shop", keyIdentifier: "1e", fingerprint: "\(end)",
        notBefore: Timestamp(secondsSince1970: 0), notAfter: Timestamp(secondsSince1970: end),
        certificate: "until \(end)")
    }
    var state = FleetState(fleet: "shop", lineage: "a1")
    for end in [9, 11, 9] {
      state.learn(
        FleetKnowledge(caGenerations: [record(until: Int64(end))]),
        at: Timestamp(secondsSince1970: 1))
    }
    #expect(state.caGenerations == [record(until: 11)])
  }

  @Test("has one revocation for each certificate, the latest")
  func revoking() {
    var state = FleetState(fleet: "shop", lineage: "a1")
    let first = Revocation(
      serial: "4f", issuerKeyIdentifier: "1e", host: "app-1",
      revokedAt: Timestamp(secondsSince1970: 0), reason: .unspecified,
      notAfter: Timestamp(secondsSince1970: 9))
    var second = first
    second.reason = .keyCompromise
    var third = first
    third.serial = "4e"
    var other = first
    other.issuerKeyIdentifier = "1d"
    for revocation in [first, third, other, second] { state.revoke(revocation) }
    #expect(state.revocations == [other, third, second])
  }
}
