import Fleet
import Inventories
import Nginx
import State

/// The warnings of a plan, shown before the user approves it.
enum Warnings {
  static func all(_ input: PlanningInput, _ facts: [HostFacts]) -> [String] {
    host(input) + sharedPorts(input, facts) + FirewallImpactWarnings.all(input, facts)
      + SourceWarnings.all(input, facts)
      + vulnerabilities(input) + boot(input) + ca(input) + outlived(input)
      + siteCertificates(input)
      + input.desired.materials.chainWarnings + input.desired.networkWarnings(at: input.now)
      + input.desired.staplingWarnings
  }

  /// Warns about wrong clocks, and about releases that hosts have rolled back on their own.
  private static func host(_ input: PlanningInput) -> [String] {
    let toleratedSeconds: Int64 = 60
    var found = WarningCollector()
    for (name, result) in input.observed.survey.sorted(by: { $0.key < $1.key }) {
      guard case .observed(let observation) = result else { continue }
      let late = input.observed.at.secondsSince1970 - observation.clock.secondsSince1970
      if abs(late) > toleratedSeconds {
        found.add(
          "the clock of ", name.text,
          " is \(abs(late)) s \(late > 0 ? "slow" : "fast"): certificates may be treated as not yet"
            + " valid or as expired there")
      }
      if let undone = observation.undoneRelease {
        found.add(
          "", name.text, " rolled back release \(undone.number) automatically: \(undone.why)")
      }
    }
    return found.warnings
  }

  private static func sharedPorts(_ input: PlanningInput, _ facts: [HostFacts]) -> [String] {
    facts.filter { input.request.selector.matches($0.host) }.flatMap { facts in
      (facts.sharedPorts?.warnings ?? []).map { "on \(facts.host.name), \($0)" }
    }
  }

  private static func vulnerabilities(_ input: PlanningInput) -> [String] {
    var found = WarningCollector()
    for vulnerability in NginxVulnerability.all {
      for (name, result) in input.observed.survey.sorted(by: { $0.key < $1.key }) {
        guard case .observed(let observation) = result,
          let version = observation.nginxVersion.flatMap({ Version($0) }),
          vulnerability.affects(version),
          !observation.surroundings.patchedVulnerabilities.contains(vulnerability.name)
        else { continue }
        found.add(
          "nginx on ", "\(name) (\(version))",
          " is vulnerable to \(vulnerability.name), and no nginx package there mentions a fix: "
            + "\(vulnerability.effect)."
            + " It is fixed in nginx \(vulnerability.remedy) and later")
      }
    }
    return found.warnings
  }

  /// Warns about hosts without systemd, which do nothing at boot. Transactions roll back without it too.
  private static func boot(_ input: PlanningInput) -> [String] {
    var found = WarningCollector()
    for (name, result) in input.observed.survey.sorted(by: { $0.key < $1.key }) {
      guard case .observed(let observation) = result, !observation.hasSystemd else { continue }
      found.add(
        "no systemd on ", name.text,
        ": after a reboot the firewall is not loaded, and an unconfirmed release stays until the"
          + " next apply")
    }
    return found.warnings
  }

  private static func ca(_ input: PlanningInput) -> [String] {
    guard let ca = input.state.signingCA else { return [] }
    let days = input.now.days(until: ca.notAfter)
    if ca.notAfter <= input.now {
      return [
        "the CA \"\(ca.commonName)\" expired on \(ca.notAfter.date): the certificates that it issued"
          + " are no longer accepted. Renew it with \"deploy ca renew\", or replace it with"
          + " \"deploy rotate ca\""
      ]
    }
    guard days * 86_400 < input.desired.inventory.ca.certificates.validFor.seconds else {
      return []
    }
    return [
      "the CA \"\(ca.commonName)\" expires in \(days) days, on"
        + " \(ca.notAfter.date): certificates are shortened to expire with it"
    ]
  }

  /// Warns about certificates that expire later than their CA: they are only accepted as long as the CA is
  /// valid (RFC 5280, 6.1.3).
  private static func outlived(_ input: PlanningInput) -> [String] {
    var found = WarningCollector()
    for ca in input.state.caGenerations {
      for (name, record) in input.state.hosts.sorted(by: { $0.key < $1.key }) {
        let latest = record.release.certificates.values.filter {
          $0.issuerKeyIdentifier == ca.keyIdentifier && $0.notAfter > ca.notAfter
        }.map(\.notAfter).max()
        guard let latest else { continue }
        found.add(
          "certificates of ", name.text,
          " expire on \(latest.date), but are accepted only until their CA"
            + " \"\(ca.commonName)\" expires, on \(ca.notAfter.date)")
      }
    }
    return found.warnings
  }

  private static func siteCertificates(_ input: PlanningInput) -> [String] {
    input.desired.materials.siteCertificates.sorted { $0.key < $1.key }.compactMap {
      domain, certificate in
      guard Expiry.isDue(certificate.notAfter, margin: Expiry.siteCertificateMargin, at: input.now)
      else { return nil }
      let days = input.now.days(until: certificate.notAfter)
      return "the certificate of \(domain) "
        + (days < 0 ? "expired on" : "expires in \(days) days, on")
        + " \(certificate.notAfter.date)"
    }
  }
}
