internal import Diagnostics
import Fleet

/// What can be wrong with an inventory whose every value is well formed by itself.
package enum InventoryMistake: String, CaseIterable, Sendable {
  case unusableAddress = "An address that is no host's"
  case duplicateAddress = "Two hosts have one address"
  case jumpThroughItself = "A host is reached through itself"
  case passwordForOpenSSH = "A password that nobody asks for"
  case declaredAndLeft = "A host is declared and left"
  case hostDescribedTwice = "A host is described in two ways"
  case unknownHost = "Unknown host"
  case repeatedHost = "A host stands twice in a list"
  case siteWithoutHosts = "A site without hosts"
  case indexWithoutRoot = "An index without a root"
  case twoApplications = "Two applications behind one site"
  case backupsAlone = "Nothing to back up"
  case headerOfItsOwn = "A header that has a key of its own"
  case repeatedHeader = "A header is given twice"
  case staplingWithoutResponder = "Nothing to staple"
  case familiesApart = "Two hosts that can never talk"
  case networkBesideVisitors = "The firewall cannot keep visitors to the network"
  case duplicateDomain = "One domain, two meanings"
  case caNamedLikeDomain = "The CA has the name of a domain"
  case rootNamedLikeCA = "The root has the name of the CA"
  case emptyValidity = "A validity of no length"
  case renewedAtOnce = "Certificates would be renewed at once"
  case portConflict = "One port, two listeners"
  case containerOfFrontEnd = "A container that publishes no site"
  case containerNeedsIPv4 = "A container that needs no translation"
  case containerOutsideNetwork = "A container outside of its network"
  case containerNamedLikeHost = "A container has the name of a host"
  case containerNameTooLong = "A container has no name"
  case jumpIntoContainer = "Two ways into a container"
  case unpublishedPort = "A port that leads nowhere"
  case portOfProtocol = "A protocol without ports"
  case leafOutlivesCA = "Certificates outlive their CA"
  case unusedHost = "No site uses the host"

  var severity: Diagnostic.Severity {
    switch self {
    case .leafOutlivesCA, .unusedHost, .staplingWithoutResponder, .networkBesideVisitors:
      .warning
    default: .error
    }
  }
}

extension Diagnostic {
  init(
    _ mistake: InventoryMistake, at place: SourcePlace, _ detail: String,
    suggestion: String? = nil
  ) {
    self.init(
      mistake.severity, mistake.rawValue, at: place, detail: detail, suggestion: suggestion)
  }

  static func unusableAddress(_ address: IPAddress, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .unusableAddress, at: place,
      "\(address) is unspecified, multicast, broadcast, link-local or an IPv4 address written as "
        + "IPv6; give the address that other hosts reach this one at.")
  }

  static func duplicateAddress(
    _ address: IPAddress, of host: HostName, at place: SourcePlace, first: HostName,
    firstPlace: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .duplicateAddress, at: place,
      "\(address) is the address of \(first) already (\(firstPlace)), so \(host) would be the same "
        + "machine. A host that is front-end and back-end has one name in both mappings.")
  }

  static func hostDescribedTwice(
    _ host: HostName, differing key: String, at place: SourcePlace, first: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .hostDescribedTwice, at: place,
      "\(host) has another \(key.quoted) at \(first). It is one machine in two roles: "
        + "write the same in both places.")
  }

  static func declaredAndLeft(
    _ host: HostName, at place: SourcePlace, first: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .declaredAndLeft, at: place,
      "\(host) is declared at \(first), so it has not left. Remove it from \("left".quoted), or remove the "
        + "declaration.")
  }

  static func jumpThroughItself(
    _ host: HostName, _ jump: JumpHost, at place: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .jumpThroughItself, at: place,
      "\(host) would be reached through \(jump), which it is itself. Give it "
        + "\("ssh: {jump: none}".quoted).")
  }

  static func passwordForOpenSSH(at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .passwordForOpenSSH, at: place,
      "With the transport \("openssh".quoted), ssh logs in by itself and asks nobody, for many would "
        + "be asked at once. Remove the password, or the transport.")
  }

  static func unknownHost(
    _ name: String, role: Role, isOther: Bool, at place: SourcePlace, suggestion: String?
  ) -> Diagnostic {
    let other = Role.allCases.filter { $0 != role }.map(\.rawValue).joined()
    return Diagnostic(
      .unknownHost, at: place,
      isOther
        ? "\(name.quoted) is a \(other), not a \(role.rawValue). Give it that role too, or name "
          + "another host."
        : "No \(role.rawValue) has the name \(name.quoted).",
      suggestion: suggestion)
  }

  static func repeatedHost(_ what: String, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .repeatedHost, at: place, "\(what) stands in this list already. Name it once.")
  }

  static func siteWithoutHosts(_ role: Role, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .siteWithoutHosts, at: place, "A site needs at least one \(role.rawValue); here is none.")
  }

  static func indexWithoutRoot(at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .indexWithoutRoot, at: place,
      "The index is the file served for a folder below \("root".quoted); with \("proxy".quoted) "
        + "the application answers. Remove it.")
  }

  static func duplicateDomain(
    _ domain: DomainName, at place: SourcePlace, first: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .duplicateDomain, at: place,
      "\(domain) is a domain or an alias at \(first) already. A request could be answered in one "
        + "way only; remove one of the two.")
  }

  static func caNamedLikeDomain(
    _ name: CommonName, at place: SourcePlace, domain: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .caNamedLikeDomain, at: place,
      "\(name) is a domain at \(domain). An issuer and a certificate of one name pass for a "
        + "self-signed certificate, and verification fails. Choose a name that is no domain, "
        + "such as \("Shop Certification Center".quoted).")
  }

  static func rootNamedLikeCA(
    _ name: CommonName, at place: SourcePlace, ca: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .rootNamedLikeCA, at: place,
      "\(name) is the CA at \(ca). Two keys under one name make verifiers pick the "
        + "wrong one. Give the root a name of its own, such as \("\(name) Root".quoted).")
  }

  static func emptyValidity(at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .emptyValidity, at: place, "A certificate has to be valid for some time; this one never is.")
  }

  static func renewedAtOnce(_ policy: LeafPolicy, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .renewedAtOnce, at: place,
      "Certificates valid for \(policy.validFor) that are renewed \(policy.renewBefore) before "
        + "they expire are due when they are issued. Renew later, or make them valid for longer.")
  }

  static func portConflict(
    _ port: Port, on host: HostName, _ first: String, _ second: String, at place: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .portConflict, at: place,
      "On \(host), port \(port) would be both \(first) and \(second). Give one of them another "
        + "port.")
  }

  static func leafOutlivesCA(
    _ leaf: Period, _ ca: Period, at place: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .leafOutlivesCA, at: place,
      "Certificates valid for \(leaf) end with their CA, which is valid for \(ca): "
        + "each will be cut short.")
  }

  static func unusedHost(_ host: HostName, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .unusedHost, at: place,
      "No site names \(host), so it gets a firewall and no site. Name it in a site, or remove it.")
  }

  static func portOfProtocol(_ name: IPProtocol, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .portOfProtocol, at: place,
      "Packets of \(name.rawValue) have no port. Remove the port, or name \("tcp".quoted) or "
        + "\("udp".quoted) as the protocol.")
  }
}
