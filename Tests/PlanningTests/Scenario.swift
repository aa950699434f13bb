import Diagnostics
import Fleet
import FleetLiterals
import Inventories
import Planning
import Playbooks
import State

/// A simulated fleet: the inventory, the survey of the hosts, and the effect of carrying out a plan.
struct Scenario {
  static let start = Timestamp(secondsSince1970: 1_767_225_600)

  var now = start
  var state: FleetState
  var survey: Survey = [:]
  var materials = Materials()
  var playbook = Playbook.rolling
  var selector = Selector.all
  var allowsLockout = false
  var renews: Set<Role> = []
  var orders = false
  var isLimitedToRenewals = false

  init() {
    state = FleetState(fleet: "shop", lineage: "l-1")
    state.caGenerations = [Self.ca(1)]
  }

  static func ca(_ generation: Int) -> CAGeneration {
    CAGeneration(
      generation: generation, commonName: generation == 1 ? "Shop CA" : "Shop CA \(generation)",
      keyIdentifier: "a\(generation)", fingerprint: "f\(generation)", notBefore: start,
      notAfter: start.adding(seconds: 3650 * 86_400), certificate: "PEM of \(generation)\n")
  }

  static func inventory(_ text: String) -> (Inventory?, [Diagnostic]) {
    Inventory.read(SourceText(file: "shop.yml", text: text))
  }

  /// As good as SHA-256 where only equality within one run counts.
  static func digest(_ text: String) -> String {
    String(UInt(bitPattern: text.hashValue), radix: 16)
  }

  func plan(_ inventory: Inventory) -> Plan {
    let input = input(for: inventory)
    return isLimitedToRenewals ? Planner.renewal(input) : Planner.plan(input)
  }

  func input(
    for inventory: Inventory, on cores: any Parallelism = OneCore(),
    digest: @escaping @Sendable (String) -> String = Self.digest
  ) -> PlanningInput {
    // Clocks are right unless a case says by how much they are not.
    let survey = survey.mapValues { result in
      guard case .observed(var observation) = result else { return result }
      let error = observation.clock.secondsSince1970 - Self.start.secondsSince1970
      observation.clock = now.adding(seconds: error)
      return SurveyResult.observed(observation)
    }
    var materials = materials
    materials.revocationLists = revocationLists
    return PlanningInput(
      DesiredFleet(inventory, playbook, materials), state, ObservedFleet(survey, at: now),
      PlanRequest(selector: selector, allowsLockout: allowsLockout, renews: renews, orders: orders),
      now: now, on: cores, digest: digest)
  }

  /// One list of each CA, as soon as anything is revoked.
  private var revocationLists: [String: Materials.RevocationList] {
    guard !state.revocations.isEmpty else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: state.caGenerations.map { ca in
        let serials = state.revocations.map(\.serial).filter { serial in
          state.revocations.contains {
            $0.serial == serial && $0.issuerKeyIdentifier == ca.keyIdentifier
          }
        }.sorted()
        let words = ["CRL", ca.keyIdentifier] + serials
        return (
          ca.keyIdentifier,
          .init(pem: words.joined(separator: " ") + "\n", serials: Set(serials))
        )
      })
  }

  mutating func revoke(_ host: HostName) {
    state.revokeCertificates(of: host, at: now, reason: .keyCompromise)
  }

  static func freshHost(nginx: String = "1.22.1") -> HostObservation {
    var host = HostObservation(clock: start, hasSystemd: true, nginxVersion: nginx)
    // As Debian's package says it, unless a case says otherwise.
    host.surroundings.patchedVulnerabilities = ["CVE-2025-23419", "CVE-2026-40701"]
    return host
  }

  /// Hosts that were not asked yet answer as fresh ones.
  mutating func askHosts(of inventory: Inventory) {
    for host in inventory.hosts where survey[host.name] == nil {
      survey[host.name] = .observed(Self.freshHost())
    }
  }

  /// Makes hosts and state what they are when the plan has been carried out.
  mutating func apply(_ plan: Plan) {
    for step in plan.steps { apply(step) }
    state.serial += 1
  }

  mutating func apply(_ step: PlannedStep) {
    guard case .observed(let before) = survey[step.host] else { return }
    var after = Self.freshHost(nginx: before.nginxVersion ?? "1.22.1")
    after.latestRelease = step.goal.release
    after.surroundings = before.surroundings
    if let number = step.goal.release {
      let release = release(number, of: step, after: before.manifest?.release)
      install(release, of: step, on: &after, before: before.texts)
      state.recordIssued(
        step.certificates.compactMap { planned in
          release.certificates[planned.path].map {
            IssuanceRecord(host: step.host, path: planned.path, certificate: $0, issuedAt: now)
          }
        }, at: now)
      state.hosts[step.host] = HostRecord(
        address: step.connection.address, roles: step.roles, release: release, appliedAt: now,
        appliedBy: "ann@laptop")
    } else {
      state.hosts[step.host] = nil
    }
    survey[step.host] = .observed(after)
  }

  private func install(
    _ release: ReleaseRecord, of step: PlannedStep, on host: inout HostObservation,
    before: [String: String]
  ) {
    let manifest = Manifest(
      fleet: state.fleet, lineage: state.lineage, host: step.host, serial: state.serial,
      madeAt: now, madeBy: "ann@laptop", release: release)
    let hasNginx = release.files["nginx/deploy.conf"] != nil
    host.currentRelease = release.number
    host.manifest = Manifest(manifest.text)
    host.shownManifest = ShownManifest(
      manifest: manifest, digest: Self.digest(manifest.text), signature: .missing)
    host.fingerprint = .release(release.number, digest: Self.digest(manifest.text))
    host.nginxIsRunning = hasNginx
    host.servedReleases = hasNginx ? [release.number] : []
    host.includesRelease = hasNginx
    host.firewall = .asInstalled
    for file in step.files {
      switch file.source {
      case .text(let text): host.texts[file.path] = text
      case .present: host.texts[file.path] = before[file.path]
      case .certificate, .key, .local, .orderedKey: break
      }
    }
  }

  private func release(
    _ number: ReleaseNumber, of step: PlannedStep, after previous: ReleaseRecord?
  ) -> ReleaseRecord {
    var release = ReleaseRecord(
      number: number, files: [:], certificates: [:], facts: step.facts,
      replaces: step.installation?.replaces)
    for file in step.files {
      func record(_ content: String) -> FileRecord {
        FileRecord(digest: Self.digest(content), isSecret: file.isSecret)
      }
      switch file.source {
      case .text(let text): release.files[file.path] = record(text)
      case .local(_, let known), .orderedKey(_, let known): release.files[file.path] = known
      case .key(let path): release.files[file.path] = record("key \(release.number) \(path)")
      case .certificate(let path):
        release.files[file.path] = record("certificate \(release.number) \(path)")
      case .present:
        release.files[file.path] = previous?.files[file.path]
        release.certificates[file.path] = previous?.certificates[file.path]
      }
    }
    for certificate in step.certificates {
      release.certificates[certificate.path] = leaf(
        certificate, serial: Self.digest("\(step.host)-\(release.number)-\(certificate.path)"))
    }
    return release
  }

  private func leaf(_ certificate: PlannedCertificate, serial: String) -> CertificateRecord {
    let ca = state.caGenerations.last
    let end = now.adding(seconds: certificate.validFor)
    return CertificateRecord(
      serial: serial, issuer: ca?.commonName ?? "",
      issuerKeyIdentifier: ca?.keyIdentifier ?? "", commonName: certificate.commonName,
      names: certificate.names, key: certificate.key, notBefore: now,
      notAfter: min(end, ca?.notAfter ?? end))
  }
}
