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

  @Test("is what its JSON says", arguments: 0..<100 as Range<UInt64>)
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

  @Test("has the names in JSON that others read it by")
  func names() throws {
    var state = FleetState(fleet: "shop", lineage: "a1")
    state.hosts["app-1"] = HostRecord(
      address: "198.18.0.21", sshPort: 22, sshUser: "root", roles: ["back_end"],
      release: ReleaseRecord(
        number: 3, files: ["firewall.nft": FileRecord(digest: "ab", isSecret: false)],
        certificates: [:]),
      appliedAt: Timestamp(secondsSince1970: 1_795_415_280), appliedBy: "ann@laptop")
    #expect(
      String(decoding: try encoded(state), as: UTF8.self) == """
        {
          "authorities" : [

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
                "files" : {
                  "firewall.nft" : {
                    "digest" : "ab",
                    "isSecret" : false
                  }
                },
                "number" : 3
              },
              "roles" : [
                "back_end"
              ],
              "sshBecomes" : false,
              "sshIdentities" : [

              ],
              "sshPort" : 22,
              "sshUser" : "root"
            }
          },
          "lineage" : "a1",
          "serial" : 0,
          "version" : 1
        }
        """)
  }

  @Test("with a time that is none is refused in words")
  func wrongTime() throws {
    let json =
      #"{"version":1,"fleet":"a","lineage":"b","serial":0,"authorities":[],"hosts":{"#
      + #""x":{"address":"a","sshPort":1,"sshUser":"r","sshBecomes":false,"sshIdentities":[],"roles":[],"appliedBy":"","#
      + #""appliedAt":"yesterday","release":{"number":1,"files":{},"certificates":{}}}}}"#
    do {
      _ = try JSONDecoder().decode(FleetState.self, from: Data(json.utf8))
      Issue.record("it was read")
    } catch let DecodingError.dataCorrupted(context) {
      #expect(
        context.debugDescription == "\"yesterday\" is not a time such as 2026-11-23T06:28:00Z")
    }
  }
}
