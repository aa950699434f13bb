import Application
import Fleet
import Foundation
import Hashing
import Inventories
import Planning
import Playbooks
import State
import StateStores

/// Plans as `deploy apply` does after it has asked the hosts: they answer that they are as the state says.
func planWithSurvey(in folder: String, isChanged: Bool) throws {
  let now = Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))
  let inventory = try readInventory("\(folder)/\(isChanged ? "changed" : "bench").yml")
  guard let state = try StateFile.read("\(folder)/bench.state.json", fleet: "bench").state else {
    fatalError("There is no state in \(folder): call \"fleet\" first.")
  }
  var survey: Survey = [:]
  for (name, record) in state.hosts {
    survey[name] = .observed(observation(of: name, record.release, state, now))
  }
  let plan = Planner.plan(
    PlanningInput(
      DesiredFleet(inventory, .rolling, Materials()), state, ObservedFleet(survey, at: now),
      now: now, on: AllCores(), digest: { Digest.sha256(of: $0) }))
  guard plan.hasChanges == isChanged else {
    fatalError("The plan has \(isChanged ? "no" : "unexpected") changes: \(plan.warnings)")
  }
}

private func observation(
  of host: HostName, _ release: ReleaseRecord, _ state: FleetState, _ now: Timestamp
) -> HostObservation {
  var observation = HostObservation(
    clock: now, hasSystemd: true, nginxVersion: "1.22.1", nginxIsRunning: true,
    servedReleases: [release.number], currentRelease: release.number,
    latestRelease: release.number, keptReleases: [release.number],
    manifest: Manifest(
      fleet: state.fleet, lineage: state.lineage, host: host, serial: 0, madeAt: now, madeBy: "",
      release: release),
    fingerprint: .release(release.number, digest: nil),
    includesRelease: true, firewall: .asInstalled)
  observation.surroundings.patchedVulnerabilities = Set(NginxVulnerability.names)
  return observation
}
