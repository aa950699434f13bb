package import Fleet
import FleetLiterals
package import Planning
package import State

/// A plan with every kind of step: the address of a back-end moves while others come, go and wait.
package enum SamplePlan {
  package static let now = Timestamp(secondsSince1970: 1_767_225_600)

  package static let caGenerations = [1, 2].map { generation in
    CAGeneration(
      generation: generation, commonName: "Shop CA \(generation)", keyIdentifier: "a\(generation)",
      fingerprint: "f\(generation)", notBefore: now,
      notAfter: now.adding(seconds: Int64(generation) * 300 * 86_400),
      certificate: "PEM of \(generation)\n", status: generation == 1 ? .trusted : .signing)
  }

  package static var plan: Plan {
    Plan(
      fleet: "shop", lineage: "l-1", serial: 4, madeAt: now, hosts: hosts,
      stages: [
        Stage(name: "back-ends", batches: [["app-1"], ["app-2", "app-3"]]),
        Stage(name: "front-ends", batches: [["edge-1"]]),
        Stage(name: "clean-up", batches: [["app-1", "app-4"]]),
      ], maxFailures: 0, pause: 0, confirmWithin: 30, keepReleases: 3,
      warnings: [
        "no systemd on app-1, app-2: after a restart the firewall is not loaded and an unconfirmed"
          + " release stays until the next apply"
      ])
  }

  private static var hosts: [HostPlan] {
    [
      moving, newBackEnd, changing("app-3", 23, StepSequence(changed(number: 23))), leaving, held,
      frontEnd, idle, lost, restored,
    ]
  }

  private static func changing(
    _ host: HostName, _ number: Int, _ steps: StepSequence
  ) -> HostPlan {
    still(host, number, .steps(steps))
  }

  private static func still(
    _ host: HostName, _ number: Int, _ outcome: HostPlan.Outcome
  ) -> HostPlan {
    HostPlan(host: host, connection: connection(number), roles: roles(of: host), outcome)
  }

  private static func roles(of host: HostName) -> HostRoles {
    HostRoles([host.text.hasPrefix("edge") ? .frontEnd : .backEnd])
  }

  private static func connection(_ number: Int) -> HostAccess {
    HostAccess(address: "198.18.0.\(number)", ssh: SSHSettings(identities: ["~/.ssh/id"]))
  }

  private static func facts(_ address: IPAddress, from frontEnds: [AddressRange]) -> EdgeFacts {
    EdgeFacts(
      address: address, trusts: ["a2"],
      openings: [
        .init(.tcp(22), from: .everybody, why: "SSH"),
        .init(.tcp(443), from: .ranges(frontEnds), why: "front-ends"),
      ], services: [.init(site: "shop.example", port: 443, frontEnds: nil)])
  }

  private static func release(_ number: ReleaseNumber, _ facts: EdgeFacts) -> ReleaseRecord {
    ReleaseRecord(number: number, files: [:], certificates: [:], facts: facts)
  }

  private static let siteDiff = """
    --- installed/nginx/back-end/shop.example.conf
    +++ planned/nginx/back-end/shop.example.conf
    @@ -2,3 +2,3 @@
         listen 443 ssl;
    -    root /srv/shop;
    +    root /srv/other;
     }

    """
  package static let siteText = "server {\n    listen 443 ssl;\n    root /srv/other;\n}\n# end\n"

  private static func changed(number: Int) -> HostStep {
    let path = "nginx/back-end/shop.example.conf"
    let facts = facts("198.18.0.\(number)", from: ["198.18.0.10"])
    var step = HostStep(
      .install(
        Installation(
          release: 3, facts: facts, files: [PlannedFile(path: path, source: .text(siteText))])),
      reasons: ["the site shop.example changes"])
    step.present = release(2, facts)
    step.changes = [FileChange(path: path, kind: .change, diff: siteDiff)]
    return step
  }

  /// Serves at both addresses until the front-end asks for the new one.
  private static var moving: HostPlan {
    var first = changed(number: 21)
    first.reasons.append(
      "it accepts both the old and the new configuration until edge-1 is updated")
    first.changeInstallation {
      $0.facts.openings[1].from = .ranges(["198.18.0.10", "198.18.0.12"])
      $0.files.append(PlannedFile(path: "firewall.nft", source: .text("a\nb\n")))
    }
    first.changes.append(
      FileChange(
        path: "firewall.nft", kind: .change,
        diff: "--- installed/firewall.nft\n+++ planned/firewall.nft\n@@ -1 +1,2 @@\n a\n+b\n"))
    var last = HostStep(
      .install(Installation(release: 4, facts: facts("198.18.0.21", from: ["198.18.0.12"]))),
      reasons: ["edge-1 is updated: the old configuration is removed"])
    last.expected = nil
    last.stage = 2
    last.needs = [.init(host: "edge-1", goal: .release(8)), .init(host: "edge-3", goal: nil)]
    return changing("app-1", 21, StepSequence(first, last))
  }

  private static var newBackEnd: HostPlan {
    let files = [
      PlannedFile(path: "nginx/deploy.conf", source: .text("a\nb\n")),
      PlannedFile(
        path: "tls/back-end.crt", source: .certificate("tls/back-end.crt")),
      PlannedFile(path: "tls/back-end.key", source: .key("tls/back-end.crt"), isSecret: true),
      PlannedFile(
        path: "tls/sites/shop.example.key",
        source: .local("certs/shop.key", FileRecord(digest: "d", isSecret: true)), isSecret: true),
    ]
    var step = HostStep(
      .install(
        Installation(
          release: 1, isFirst: true, facts: facts("198.18.0.22", from: ["198.18.0.10"]),
          files: files, certificates: [certificate(for: "app-2", .server)])),
      reasons: ["it is new in the inventory"])
    step.changes = [
      FileChange(
        path: "nginx/deploy.conf", kind: .create,
        diff: "--- /dev/null\n+++ planned/nginx/deploy.conf\n@@ -0,0 +1,2 @@\n+a\n+b\n"),
      FileChange(path: "tls/back-end.crt", kind: .create),
      FileChange(path: "tls/back-end.key", kind: .create),
      FileChange(path: "tls/sites/shop.example.key", kind: .create),
    ]
    return changing("app-2", 22, StepSequence(step))
  }

  private static func certificate(
    for host: String, _ purpose: PlannedCertificate.Purpose
  ) -> PlannedCertificate {
    let role = purpose == .server ? "back-end" : "front-end"
    return PlannedCertificate(
      path: "tls/\(role).crt", keyPath: "tls/\(role).key", purpose: purpose, commonName: host,
      names: purpose == .server ? [host, "shop.example"] : [host], key: "ecdsa-p256",
      validFor: 365 * 86_400, reason: "the host has none")
  }

  private static var leaving: HostPlan {
    var step = HostStep(.remove, reasons: ["it is no longer in the inventory"])
    step.stage = 2
    step.present = release(7, facts("198.18.0.24", from: ["198.18.0.10"]))
    step.needs = [.init(host: "edge-1", goal: .release(8))]
    step.changes = [FileChange(path: "nginx/deploy.conf", kind: .remove)]
    return changing("app-4", 24, StepSequence(step))
  }

  private static var held: HostPlan {
    still(
      "app-5", 25,
      .held(.init(.blocked, ["nginx is not installed on the host: install it and run again"])))
  }

  private static var frontEnd: HostPlan {
    let openings = [Opening(.tcp(443), from: .everybody, why: "visitors")]
    func route(_ host: HostName, _ number: Int) -> EdgeFacts.Route {
      .init(site: "shop.example", host: host, address: "198.18.0.\(number)", port: 443)
    }
    let before = EdgeFacts(
      address: "198.18.0.10", trusts: ["a1"], openings: openings,
      routes: [route("app-1", 21), route("app-4", 24)])
    let after = EdgeFacts(
      address: "198.18.0.12", trusts: ["a1", "a2"], openings: openings,
      routes: [route("app-1", 21), route("app-2", 22)])
    var certificate = certificate(for: "edge-1", .client)
    certificate.reason = "it expires in 12 days, on 2026-01-13"
    certificate.replaced = .there(
      CertificateRecord(
        serial: "0123456789abcdef", issuer: "Shop CA 1", issuerKeyIdentifier: "a1",
        commonName: "edge-1", names: ["edge-1"], key: "ecdsa-p256", notBefore: now,
        notAfter: now.adding(seconds: 12 * 86_400)))
    var step = HostStep(
      .install(Installation(release: 8, facts: after, certificates: [certificate])),
      reasons: [
        "its address is 198.18.0.12, no longer 198.18.0.10", "the site shop.example changes",
      ])
    step.stage = 1
    step.present = release(7, before)
    let sites: [DomainName] = ["shop.example", "www.example"]
    step.ways = sites.map {
      .init(
        site: $0,
        needs: [
          .init(host: "app-1", goal: .release(3)), .init(host: "app-2", goal: .release(1)),
        ])
    }
    return changing("edge-1", 10, StepSequence(step))
  }

  private static var idle: HostPlan { still("edge-2", 11, .unchanged(present: nil)) }

  private static var lost: HostPlan {
    still("edge-3", 13, .held(.init(.unreachable, ["connection refused"])))
  }

  private static var restored: HostPlan {
    let step = HostStep(.restore(.unknown(number: 3)), reasons: ["rollback from release 4"])
    return changing("edge-4", 14, StepSequence(step))
  }
}

extension HostStep {
  /// Changes the release that the step installs.
  package mutating func changeInstallation(_ change: (inout Installation) -> Void) {
    guard case .install(var installation) = kind else {
      preconditionFailure("The step installs no release.")
    }
    change(&installation)
    kind = .install(installation)
  }
}
