internal import Diagnostics
import Fleet

/// The kinds of mistake in an inventory whose single values are all well formed; the raw value is
/// the headline.
package enum InventoryMistake: String, CaseIterable, Sendable {
  case nothingToInclude = "Include without a file"
  case unreadableInclude = "Include that cannot be read"
  case includeCycle = "Include cycle"
  case includesTooDeep = "Includes nested too deeply"
  case tooManyIncludes = "Too many included files"
  case inventoryTooLarge = "Inventory too large"
  case undeclaredVariable = "Undeclared variable"
  case unusedVariable = "Unused variable"
  case brokenReference = "Invalid reference to a variable"
  case aliasesOfEachSite = "Aliases of each site"
  case unusableAddress = "Unusable host address"
  case duplicateAddress = "Duplicate host address"
  case oneFamilyTwice = "Addresses of one family"
  case publicAddressTwice = "Duplicate public address"
  case duplicateWayIn = "Hosts reached at one address"
  case sharedWayIn = "Way in for all hosts"
  case hostOutsideNetwork = "Host without an address in a network"
  case jumpThroughItself = "Host reached through itself"
  case passwordForOpenSSH = "Password not supported with openssh transport"
  case declaredAndLeft = "Host both declared and left"
  case hostDescribedTwice = "Conflicting descriptions of a host"
  case unknownHost = "Unknown host"
  case repeatedHost = "Duplicate host in a list"
  case nothingMatches = "Pattern that matches no host"
  case siteWithoutHosts = "Site without hosts"
  case indexWithoutRoot = "Index without a root"
  case twoApplications = "Conflicting applications of a site"
  case backupsAlone = "Backups without a primary back-end"
  case headerWithKey = "Header with a dedicated key"
  case repeatedHeader = "Duplicate header"
  case staplingWithoutResponder = "Stapling without an OCSP responder"
  case familiesApart = "Address families without a connection"
  case networkBesideVisitors = "Ports shared with a site outside the network"
  case duplicateDomain = "Duplicate domain"
  case caNamedLikeDomain = "CA name equal to a domain"
  case rootNamedLikeCA = "Root name equal to the CA name"
  case emptyValidity = "Empty period of validity"
  case renewedAtOnce = "Immediate renewal of certificates"
  case portConflict = "Port conflict"
  case containerOfFrontEnd = "Container of a front-end"
  case containerNeedsIPv4 = "Container without an IPv4 address"
  case containerOutsideNetwork = "Container outside its network"
  case containerNamedLikeHost = "Host name equal to a container name"
  case containerNameTooLong = "Container name too long"
  case jumpIntoContainer = "Jump host for a container"
  case unpublishedPort = "Unpublished container port"
  case unknownGroup = "Unknown group of sources"
  case portOfProtocol = "Port for a protocol without ports"
  case leafOutlivesCA = "Certificate validity longer than the CA's"
  case unusedHost = "Unused host"
  case passwordInConnection = "Password in a connection string"
  case unknownAccount = "Unknown ACME account"
  case accountNamedDefault = "ACME account with a reserved name"
  case nestedAccounts = "Accounts of an ACME account"
  case keyOfNoPublicCA = "Key not supported by public CAs"
  case wildcardWithoutDNS = "Wildcard without a DNS challenge"
  case challengeBehindNetwork = "HTTP challenge behind a network"
  case termsNotAgreed = "Terms of service not agreed"

  /// A warning if the inventory can be used nevertheless.
  var severity: Diagnostic.Severity {
    switch self {
    case .leafOutlivesCA, .unusedHost, .staplingWithoutResponder, .networkBesideVisitors,
      .challengeBehindNetwork:
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

  static func passwordInConnection(at place: SourcePlace) -> Diagnostic {
    var diagnostic = Diagnostic(
      .passwordInConnection, at: place,
      "The connection to PostgreSQL has a password, and an inventory is not secret. Remove it here, and put it into "
        + "~/.pgpass, the password file of the connection, or PGPASSWORD. The line is not shown.")
    diagnostic.hidesLine = true
    return diagnostic
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
      "\(address) is already the address of \(first) (\(firstPlace)), so \(host) would be the same "
        + "machine. Give a host that is front-end and back-end the same name in both mappings.")
  }

  /// Reports a host that is a front-end and a back-end, with different values of one key.
  ///
  /// - Parameter first: the place of the other value.
  static func hostDescribedTwice(
    _ host: HostName, differing key: String, at place: SourcePlace, first: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .hostDescribedTwice, at: place,
      "\(host) has a different \(key.quoted) at \(first). It is one machine with two roles: "
        + "write the same value in both places.")
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
      "\(host) would be reached through \(jump), which is the host itself. Give it "
        + "\("ssh: {jump: none}".quoted).")
  }

  static func passwordForOpenSSH(at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .passwordForOpenSSH, at: place,
      "With the transport \("openssh".quoted), ssh cannot be given a password, because it logs in to many "
        + "hosts at once without asking. Remove the password or the transport.")
  }

  /// Reports a site that names a host which does not have the role.
  ///
  /// - Parameter isOther: whether a host of that name has the other role.
  static func unknownHost(
    _ name: String, role: Role, isOther: Bool, at place: SourcePlace, suggestion: String?
  ) -> Diagnostic {
    let other = Role.allCases.filter { $0 != role }.map(\.rawValue).joined()
    return Diagnostic(
      .unknownHost, at: place,
      isOther
        ? "\(name.quoted) is a \(other), not a \(role.rawValue). Give it that role too, or name "
          + "another host."
        : "There is no \(role.rawValue) named \(name.quoted).",
      suggestion: suggestion)
  }

  static func repeatedHost(_ what: String, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .repeatedHost, at: place, "\(what) is already in this list. Name it once.")
  }

  static func siteWithoutHosts(_ role: Role, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .siteWithoutHosts, at: place,
      "A site needs at least one \(role.rawValue), but this one has none.")
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
      "\(domain) is already a domain or an alias at \(first). A request can be answered by only one "
        + "site; remove one of the two.")
  }

  static func caNamedLikeDomain(
    _ name: CommonName, at place: SourcePlace, domain: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .caNamedLikeDomain, at: place,
      "\(name) is a domain at \(domain). A certificate with the same name as its issuer looks "
        + "self-signed, and verification fails. Choose a name that is not a domain, "
        + "such as \("Shop Certification Center".quoted).")
  }

  static func rootNamedLikeCA(
    _ name: CommonName, at place: SourcePlace, ca: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .rootNamedLikeCA, at: place,
      "\(name) is the CA at \(ca). If two keys have one name, verifiers pick the "
        + "wrong one. Give the root another name, such as \("\(name) Root".quoted).")
  }

  static func emptyValidity(at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .emptyValidity, at: place,
      "A certificate has to be valid for some time; this one would never be.")
  }

  static func renewedAtOnce(_ policy: LeafPolicy, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .renewedAtOnce, at: place,
      "Certificates valid for \(policy.validFor) that are renewed \(policy.renewBefore) before "
        + "they expire are due when they are issued. Renew later, or make them valid for longer.")
  }

  /// Reports a port of a host that would have two uses, which `first` and `second` name.
  static func portConflict(
    _ port: Port, on host: HostName, _ first: String, _ second: String, at place: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .portConflict, at: place,
      "On \(host), port \(port) would be both \(first) and \(second). Give one of them another "
        + "port.")
  }

  /// Warns that certificates are shortened, because none outlives its CA.
  static func leafOutlivesCA(
    _ leaf: Period, _ ca: Period, at place: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .leafOutlivesCA, at: place,
      "Certificates expire with their CA, which is valid for \(ca), although they are valid for \(leaf): "
        + "their validity will be shortened.")
  }

  static func unusedHost(_ host: HostName, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .unusedHost, at: place,
      "No site uses \(host), so it gets a firewall but no site. Name it in a site, or remove it.")
  }

  static func portOfProtocol(_ name: IPProtocol, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .portOfProtocol, at: place,
      "Packets of \(name.rawValue) have no port. Remove the port, or use the protocol \("tcp".quoted) or "
        + "\("udp".quoted).")
  }
}
