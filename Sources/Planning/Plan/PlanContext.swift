import Fleet
import Inventories
import State

/// The input of a plan, with what follows from it for every host: computed once, and shared by all hosts.
final class PlanContext: Sendable {
  let input: PlanningInput
  /// The inventory without back-ends that are not deployed yet: front-ends route according to it.
  let routes: Inventory
  /// The CA generation that signs; nil before there is one.
  let signingCA: CAGeneration?
  /// The key identifiers of the CA generations that hosts trust after the run.
  let trusts: Set<String>
  /// The serials that hosts refuse after the run; nil if nothing was ever revoked.
  let refuses: Set<String>?
  /// The serials that each CA has revoked, by key identifier; empty if there are no lists.
  let revoked: [String: Set<String>]
  private let revocations: RevocationIndex

  init(_ input: PlanningInput) {
    self.input = input
    routes = input.desired.inventory
    signingCA = input.state.signingCA
    trusts = Set(input.state.trustedCAs.map(\.keyIdentifier))
    refuses = input.desired.materials.refusals(trusting: trusts)
    revoked = input.desired.materials.revocationLists.mapValues(\.serials)
    revocations = RevocationIndex(input.state.revocations)
  }

  private init(_ other: PlanContext, routes: Inventory) {
    input = other.input
    self.routes = routes
    signingCA = other.signingCA
    trusts = other.trusts
    refuses = other.refuses
    revoked = other.revoked
    revocations = other.revocations
  }

  /// The same with other routes of front-ends.
  func routing(by routes: Inventory) -> PlanContext { PlanContext(self, routes: routes) }

  var inventory: Inventory { input.desired.inventory }
  var materials: Materials { input.desired.materials }

  /// The results of a function for each element, computed on all cores that the input brings.
  func map<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ transform: @Sendable (Element) -> Result
  ) -> [Result] {
    input.cores.map(elements, transform)
  }
}

extension PlanContext {
  /// Whether hosts refuse a certificate, or will from this run on.
  func isRevoked(_ certificate: CertificateRecord) -> Bool {
    revocations.revocation(of: certificate) != nil
      || input.desired.materials.revocationLists[certificate.issuerKeyIdentifier]?.serials
        .contains(certificate.serial) == true
  }

  /// Whether a host has a revoked certificate, according to the state.
  ///
  /// What the host itself reports counts only if its release is later than the recorded one, because a
  /// run that was interrupted may have installed it. Otherwise a compromised host could report that it
  /// has nothing, and the other hosts would wait for it.
  func isRevoked(_ host: HostName) -> Bool {
    func isRevoked(_ release: ReleaseRecord) -> Bool {
      release.certificates.values.contains(where: self.isRevoked)
    }
    let recorded = input.state.hosts[host]?.release
    guard case .observed(let observation) = input.observed.survey[host],
      let shown = observation.manifest?.release
    else { return recorded.map(isRevoked) ?? false }
    if isRevoked(shown) { return true }
    return recorded.map { isRevoked($0) && $0.number >= shown.number } ?? false
  }

  /// What is known of a planned certificate before it is issued.
  func terms(of certificate: PlannedCertificate) -> PresentCertificate.Terms {
    PresentCertificate.Terms(certificate, signedBy: signingCA, at: input.now)
  }
}
