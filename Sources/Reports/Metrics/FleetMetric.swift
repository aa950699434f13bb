/// The metrics of a fleet; docs/monitoring.md describes them. The raw value is the name of the metric family.
package enum FleetMetric: String, CaseIterable, Sendable {
  case build = "deploy_build"
  case statusTime = "deploy_status_timestamp_seconds"
  case expiry = "deploy_expiry_timestamp_seconds"
  case renewalDue = "deploy_renewal_due"
  case host = "deploy_host"
  case hostReachable = "deploy_host_reachable"
  case hostHealthy = "deploy_host_healthy"
  case hostDriftedFiles = "deploy_host_drifted_files"
  case hostFirewall = "deploy_host_firewall_as_installed"
  case hostServes = "deploy_host_serves_release"
  case hostRelease = "deploy_host_release"
  case hostRecordedRelease = "deploy_host_recorded_release"
  case lastRunStart = "deploy_last_run_start_timestamp_seconds"
  case lastRunEnd = "deploy_last_run_end_timestamp_seconds"
  case lastRunExit = "deploy_last_run_exit_code"
  case lastRunSuccess = "deploy_last_run_success"
  case lastRunUnfinished = "deploy_last_run_unfinished"
  case lastRunHosts = "deploy_last_run_hosts"
  case lastSuccess = "deploy_last_successful_run_end_timestamp_seconds"

  package enum Kind: String, Sendable { case gauge, info }

  package var kind: Kind {
    switch self {
    case .build, .host: .info
    default: .gauge
    }
  }

  /// The unit, with which the name then ends.
  package var unit: String? { rawValue.hasSuffix("_seconds") ? "seconds" : nil }

  package var help: String {
    switch self {
    case .build: "The version of deploy that made these metrics."
    case .statusTime: "When these metrics were made."
    case .expiry: "When a CA, a certificate or a revocation list expires."
    case .renewalDue: "Whether it should be renewed now, or has expired."
    case .host: "The address and the roles of a host."
    case .hostReachable: "Whether the host answered over SSH."
    case .hostHealthy: "Whether the host answered, and nothing is wrong with it."
    case .hostDriftedFiles: "Installed files that are missing or changed."
    case .hostFirewall: "Whether the loaded firewall is the installed one."
    case .hostServes: "Whether nginx serves the release that the host has."
    case .hostRelease: "The number of the release that the host has, 0 for none."
    case .hostRecordedRelease: "The number of the release that the state has, 0 for none."
    case .lastRunStart: "When the newest run that changes the fleet began."
    case .lastRunEnd: "When the newest run that has ended ended."
    case .lastRunExit: "The exit code of the newest run that has ended."
    case .lastRunSuccess: "Whether the newest run that has ended succeeded."
    case .lastRunUnfinished:
      "Whether the newest run has no end and is not known to be running: it was killed, or runs elsewhere."
    case .lastRunHosts: "How many hosts have each result in the newest run that has ended."
    case .lastSuccess: "When the newest run that succeeded ended."
    }
  }
}
