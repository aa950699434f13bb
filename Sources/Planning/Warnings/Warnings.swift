import Fleet
import Inventories
import Nginx
import State

/// The warnings of a plan, shown before the user approves it.
enum Warnings {
  static func all(_ input: PlanningInput, _ facts: [HostFacts]) -> [String] {
    let survey = SurveyWarnings(input.observed)
    return survey.hosts.warnings + DrainedBackEnds(input).warnings
      + input.state.maintenance.map(\.warning) + sharedPorts(input, facts)
      + FirewallImpactWarnings.all(input, facts) + SourceWarnings.all(input, facts)
      + survey.vulnerabilities.flatMap(\.warnings) + survey.boot.warnings
      + ca(input) + outlived(input) + siteCertificates(input)
      + input.desired.materials.certificateWarnings + input.desired.networkWarnings(at: input.now)
      + input.desired.staplingWarnings + accounts(input.desired)
  }

  /// The warnings about what expires, without those about changes.
  static func ofExpiry(_ input: PlanningInput) -> [String] {
    ca(input) + outlived(input) + siteCertificates(input)
      + input.desired.networkWarnings(at: input.now)
  }

  private static func sharedPorts(_ input: PlanningInput, _ facts: [HostFacts]) -> [String] {
    facts.filter { input.request.selector.matches($0.host) }.flatMap { facts in
      (facts.sharedPorts?.warnings ?? []).map { "on \(facts.host.name), \($0)" }
    }
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
    let hosts = input.state.hosts.keys.sorted()
    for ca in input.state.caGenerations {
      for name in hosts {
        let latest = input.state.hosts[name]?.release.certificates.values.lazy.filter {
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

  /// Warns that front-ends cannot be shown as they will be: an apply makes the key first.
  private static func accounts(_ desired: DesiredFleet) -> [String] {
    let used = Set(desired.inventory.sites.compactMap { $0.acme?.account }).sorted()
    return used.compactMap { name in
      guard let account = desired.inventory.acme[name], account.dns == nil,
        desired.materials.thumbprints[name] == nil
      else { return nil }
      return
        "the ACME account \"\(name)\" has no key yet, so this plan does not show how front-ends answer"
        + " challenges: an apply makes the key, and so does \"deploy acme register\""
    }
  }

  private static func siteCertificates(_ input: PlanningInput) -> [String] {
    input.desired.materials.siteCertificates.sorted { $0.key < $1.key }.compactMap {
      domain, certificate in
      guard certificate.ordered == nil,
        Expiry.isDue(certificate.notAfter, margin: Expiry.siteCertificateMargin, at: input.now)
      else { return nil }
      // That it has expired is among the warnings of the certificate itself.
      guard certificate.notAfter > input.now else { return nil }
      let days = input.now.days(until: certificate.notAfter)
      return "the certificate of \(domain) expires in \(days) days, on \(certificate.notAfter.date)"
    }
  }
}
