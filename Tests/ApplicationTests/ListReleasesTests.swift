import Application
import Fleet
import FleetLiterals
import State
import Testing

@Suite("The releases that hosts have, without a terminal")
struct ListReleasesTests {
  private static func shown(
    _ number: ReleaseNumber, at seconds: Int64, by who: String, host: HostName = "app-1",
    isSigned: Bool = true
  ) -> ShownManifest {
    ShownManifest(
      manifest: Manifest(
        fleet: "shop", lineage: "l", host: host, serial: 4,
        madeAt: Timestamp(secondsSince1970: seconds),
        madeBy: who,
        release: ReleaseRecord(
          number: number, files: [:], certificates: [:],
          facts: EdgeFacts(address: "198.18.0.21", trusts: [], openings: [], services: []))),
      digest: "ab",
      signature: isSigned
        ? .valid(FleetKey(generation: 1, publicKey: "11")) : .unknown(publicKey: "22"))
  }

  private func report(_ current: ShownManifest, _ earlier: ShownManifest) async throws
    -> ListReleases.Report
  {
    var host = FakeFleet.freshHost
    (host.currentRelease, host.keptReleases, host.shownManifest) = (2, [1, 2], current)
    let fleet = try await TestFleet(
      FakeFleet(
        answers: ["app-1": .observed(host), "edge-1": .unreachable("port 22: refused")],
        manifests: ["app-1": earlier]))
    let report = try await ListReleases(fleet.run(FakeInteraction())).report()
    #expect(fleet.hosts.seen.isClosed && fleet.hosts.seen.plans.isEmpty && !fleet.hasState)
    return report
  }

  @Test("are listed newest first, with the person and the time, and the hosts that did not answer")
  func releases() async throws {
    let report = try await report(
      Self.shown(2, at: 2000, by: "bob@ci"), Self.shown(1, at: 1000, by: "anna@laptop"))
    #expect(
      report.releases.map(\.number) == [2, 1] && report.releases.map(\.isCurrent) == [true, false])
    #expect(report.releases.map(\.madeBy) == ["bob@ci", "anna@laptop"])
    #expect(report.releases.allSatisfy { $0.isProven && $0.host == "app-1" && $0.serial == 4 })
    #expect(report.missing.map(\.host) == ["edge-1"])
    #expect(report.missing.map(\.why) == ["port 22: refused"])
  }

  @Test("are not proven if no known key has signed them, or for another host")
  func unproven() async throws {
    let report = try await report(
      Self.shown(2, at: 2000, by: "x", isSigned: false),
      Self.shown(1, at: 1000, by: "x", host: "app-2"))
    #expect(report.releases.map(\.isProven) == [false, false])
  }
}
