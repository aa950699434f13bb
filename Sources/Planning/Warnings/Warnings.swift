import Fleet
import Inventories
import Nginx
import State

/// What the user should know before saying yes.
enum Warnings {
  static func all(_ input: PlanningInput, _ facts: [HostFacts]) -> [String] {
    host(input) + sharedPorts(input, facts) + FirewallImpactWarnings.all(input, facts)
      + SourceWarnings.all(input, facts)
      + vulnerabilities(input) + boot(input) + ca(input) + outlived(input)
      + siteCertificates(input)
      + input.desired.materials.chainWarnings + input.desired.networkWarnings(at: input.now)
      + input.desired.staplingWarnings
  }

  /// What hosts say of themselves that is not as it should be.
  private static func host(_ input: PlanningInput) -> [String] {
    let toleratedSeconds: Int64 = 60
    var found = WarningCollector()
    for (name, result) in input.observed.survey.sorted(by: { $0.key < $1.key }) {
      guard case .observed(let observation) = result else { continue }
      let late = input.observed.at.secondsSince1970 - observation.clock.secondsSince1970
      if abs(late) > toleratedSeconds {
        found.add(
          "the clock of ", name.text,
          " is \(abs(late)) s \(late > 0 ? "slow" : "fast"): certificates may count as not yet valid"
            + " or as expired there")
      }
      if let undone = observation.undoneRelease {
        found.add(
          "", name.text, " went back from release \(undone.number) by itself: \(undone.why)")
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
          " has the hole \(vulnerability.name), and no package there says that it is closed: "
            + "\(vulnerability.effect)."
            + " It is closed in nginx \(vulnerability.remedy) and later")
      }
    }
    return found.warnings
  }

  /// A transaction undoes itself everywhere; what has to happen at a boot needs systemd.
  private static func boot(_ input: PlanningInput) -> [String] {
    var found = WarningCollector()
    for (name, result) in input.observed.survey.sorted(by: { $0.key < $1.key }) {
      guard case .observed(let observation) = result, !observation.hasSystemd else { continue }
      found.add(
        "no systemd on ", name.text,
        ": after a restart the firewall is not loaded and an unconfirmed release stays until the"
          + " next apply")
    }
    return found.warnings
  }

  private static func ca(_ input: PlanningInput) -> [String] {
    guard let ca = input.state.signingCA else { return [] }
    let days = input.now.days(until: ca.notAfter)
    if ca.notAfter <= input.now {
      return [
        "the CA \"\(ca.commonName)\" ended on \(ca.notAfter.date):"
          + " nothing that it signs is accepted any more. \"deploy ca renew\" gives it a later end,"
          + " \"deploy rotate ca\" puts another one in its place"
      ]
    }
    guard days * 86_400 < input.desired.inventory.ca.certificates.validFor.seconds else {
      return []
    }
    return [
      "the CA \"\(ca.commonName)\" ends in \(days) days, on"
        + " \(ca.notAfter.date): certificates are cut short to end with it"
    ]
  }

  /// A certificate counts as long as its CA does, whatever it says itself (RFC 5280, 6.1.3).
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
          " are dated until \(latest.date), but count only until their CA"
            + " \"\(ca.commonName)\" ends, on \(ca.notAfter.date)")
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
        + (days < 0 ? "ended on" : "ends in \(days) days, on") + " \(certificate.notAfter.date)"
    }
  }
}
