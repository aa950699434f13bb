import Fleet
import FleetLiterals
import Planning
import State
import Testing

@Suite("A host that differs from its release")
struct HostHealthTests {
  private static let text = """
    fleet: shop
    ca: {name: Shop CA, passphrase: {env: X}}
    front_ends: {edge-1: {address: 198.18.0.10}}
    back_ends: {app-1: {address: 198.18.0.21}, idle-1: {address: 198.18.0.22}}
    sites:
      shop.example:
        front_ends: [edge-1]
        back_ends: [app-1]
        certificate: {ca: true}
        back_end: {root: /srv/shop}
    """

  private typealias Damage = @Sendable (inout HostObservation) -> Void

  /// Changes of a host, with the expected faults.
  private static let damages: [(HostHealth.Fault, Damage)] = [
    (.driftedFile("firewall.nft"), { $0.driftedFiles = ["firewall.nft"] }),
    (.interruptedTransaction, { $0.interruptedTransaction = "7" }),
    (.firewallAbsent, { $0.firewall = .absent }),
    (.firewallChanged, { $0.firewall = .changed }),
  ]
  private static let damagesOfSites: [(HostHealth.Fault, Damage)] = [
    (.nginxStopped, { ($0.nginxIsRunning, $0.servedReleases) = (false, []) }),
    (.otherReleases(served: [1, 7], wanted: 1), { $0.servedReleases = [1, 7] }),
    (
      .changedInclude(file: "/etc/nginx/conf.d/deploy.conf"),
      { $0.includesRelease.toggle() }
    ),
  ]
  private static let damagesWithoutSites: [(HostHealth.Fault, Damage)] = [
    (
      .otherReleases(served: [7], wanted: nil),
      { ($0.nginxIsRunning, $0.servedReleases) = (true, [7]) }
    ),
    (
      .changedInclude(file: "/etc/nginx/conf.d/deploy.conf"),
      { $0.includesRelease.toggle() }
    ),
  ]

  @Test(
    "has the same faults in the status as a plan repairs",
    arguments: ["app-1", "idle-1"] as [HostName])
  func faults(host: HostName) throws {
    let inventory = try #require(Scenario.inventory(Self.text).0)
    var scenario = Scenario()
    scenario.askHosts(of: inventory)
    scenario.apply(scenario.plan(inventory))
    guard case .observed(let sound) = scenario.survey[host] else {
      Issue.record("\(host) was not asked")
      return
    }
    #expect(HostHealth(sound).isAsInstalled)
    #expect(!scenario.plan(inventory).hasChanges)
    let damages =
      Self.damages + (host == "idle-1" ? Self.damagesWithoutSites : Self.damagesOfSites)
    for (fault, damage) in damages {
      var damaged = sound
      damage(&damaged)
      #expect(HostHealth(damaged).faults == [fault])
      #expect(!HostHealth(damaged).isAsInstalled)
      scenario.survey[host] = .observed(damaged)
      #expect(scenario.plan(inventory).steps.map(\.host) == [host], "\(fault)")
    }
  }

  @Test("must have a release, or an interrupted transaction")
  func fresh() {
    var host = Scenario.freshHost()
    #expect(HostHealth(host).isAsInstalled)
    host.interruptedTransaction = "7"
    #expect(HostHealth(host).faults == [.interruptedTransaction])
  }
}
