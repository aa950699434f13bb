internal import Diagnostics
import Fleet

extension DeclaredSite {
  /// Reports a certificate of an account that the inventory does not describe, a wildcard that cannot be proven,
  /// and front-ends to which the CA cannot connect.
  func checkACME(
    _ accounts: [ACMEAccountName: ACMEAccount], _ found: inout DiagnosticCollector
  ) {
    guard case .acme(let certificate) = certificate, let place = acmeAccount?.place else { return }
    guard let account = accounts[certificate.account] else {
      found.report(.unknownAccount(certificate.account, known: accounts.keys.sorted(), at: place))
      return
    }
    if account.dns == nil, let wildcard = certificate.names.first(where: \.isWildcard) {
      found.report(.wildcardWithoutDNS(wildcard, account, at: place))
    }
    if account.dns == nil, originPulls != nil || network != nil, let domain {
      found.report(.challengeBehindNetwork(domain.value, at: place))
    }
    if !account.agreesToTerms {
      found.report(.termsNotAgreed(account, at: account.place))
    }
  }
}

extension Diagnostic {
  static func accountNamedDefault(at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .accountNamedDefault, at: place,
      "\("default".quoted) is the account that \("acme".quoted) itself describes. Give this one another name."
    )
  }

  static func nestedAccounts(at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .nestedAccounts, at: place,
      "An account has no accounts. Write this mapping directly below \("acme.accounts".quoted).")
  }

  static func keyOfNoPublicCA(_ kind: KeyKind, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .keyOfNoPublicCA, at: place,
      "No public CA issues certificates for \(kind.rawValue) keys, and browsers do not accept them. Write "
        + "\(KeyKind.ecdsaP256.rawValue).")
  }

  static func unknownAccount(
    _ name: ACMEAccountName, known: [ACMEAccountName], at place: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .unknownAccount, at: place,
      known.isEmpty
        ? "The inventory has no key \("acme".quoted), which says where certificates are ordered. Add "
          + "\("acme: {contact: [YOU@DOMAIN], terms_agreed: true}".quoted) for Let's Encrypt."
        : "There is no ACME account \(name.text.quoted): \("acme".quoted) describes "
          + "\(known.map(\.text.quoted).joined(separator: ", ")).")
  }

  static func wildcardWithoutDNS(
    _ name: CertificateName, _ account: ACMEAccount, at place: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .wildcardWithoutDNS, at: place,
      "\(name) can only be proven by a DNS record (RFC 8555, 8.4). Give the account \(account.name.text.quoted) "
        + "programs that make and remove records: "
        + "\("dns: {present: [PROGRAM], cleanup: [PROGRAM]}".quoted).")
  }

  static func challengeBehindNetwork(
    _ domain: DomainName, at place: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .challengeBehindNetwork, at: place,
      "The CA proves \(domain) by a request to port 80, which the content delivery network answers. It must pass "
        + "\("/.well-known/acme-challenge/".quoted) on unchanged; if it does not, prove the name by DNS (\("dns".quoted) of the account)."
    )
  }

  static func termsNotAgreed(_ account: ACMEAccount, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .termsNotAgreed, at: place,
      "\(account.directory.server) issues certificates only if you agree to its terms of service. Read them, then "
        + "write \("terms_agreed: true".quoted).")
  }
}
