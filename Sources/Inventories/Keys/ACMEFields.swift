import Fleet
import Schema

/// The keys of `acme`, and of each account in `acme.accounts`.
enum ACMEField: String, KeyTable {
  case directory, contact, key, dns, accounts
  case termsAgreed = "terms_agreed"
  case externalAccount = "external_account"
  case preferredChain = "preferred_chain"
  case caFile = "ca_file"

  static let owner = "the ACME account"

  var about: KeyDescription {
    switch self {
    case .directory:
      KeyDescription(
        .text(
          DirectoryURL.self, form: "`letsencrypt`, `letsencrypt-staging`, or an `https://` URL"),
        .usual("letsencrypt"), "The CA's server.")
    case .contact:
      KeyDescription(
        .oneOrMore(.text(MailAddress.self, example: "ops@shop.example")), .otherwise("none"),
        "Where the CA may write to.", example: "[ops@shop.example]")
    case .termsAgreed:
      KeyDescription(
        .boolean, .usual("false"),
        "That you have read the CA's terms of service and agree; required by the first site that orders.",
        example: "true")
    case .key:
      KeyDescription(
        .choice(KeyKind.allCases.filter { $0 != .ed25519 }.map(\.rawValue)), .usual("ecdsa-p256"),
        "The kind of the certificates' keys.")
    case .externalAccount:
      KeyDescription(
        .mapping(MappingShape(ExternalAccountField.self)), .otherwise("none"),
        "The customer's credentials, if the CA gives some; used to register the account.")
    case .preferredChain:
      KeyDescription(
        .text(
          TextShape(
            noun: "the common name of a root", rule: CommonName.limits(upTo: 64),
            example: "ISRG Root X1")), .otherwise("the CA's choice"),
        "Which chain is taken, if the CA offers several.")
    case .caFile:
      KeyDescription(
        .file(example: "private-directory.pem"), .otherwise("the system's CAs"),
        "The CA certificates for the server itself, for a private directory.")
    case .dns:
      KeyDescription(
        .mapping(MappingShape(DNSChallengeField.self)), .otherwise("none"),
        "Names are proven by DNS records (DNS-01), which these programs make and remove; needed for wildcards."
      )
    case .accounts:
      KeyDescription(
        .entries(
          of: .mapping(MappingShape(ACMEField.self, without: [.accounts])),
          named: TextShape(ACMEAccountName.self, example: "zerossl")), .otherwise("none"),
        "Further accounts with the same keys, for `certificate: {acme: NAME}`.",
        example: "{zerossl: {directory: \"https://acme.zerossl.com/v2/DV90\"}}")
    }
  }
}

/// The keys of `acme.external_account`.
enum ExternalAccountField: String, KeyTable {
  case keyIdentifier = "key_id"
  case macKey = "mac_key"

  static let owner = "the external account"
  static let form: String? = "`{key_id: TEXT, mac_key: {env: NAME}}`"

  var about: KeyDescription {
    switch self {
    case .keyIdentifier:
      KeyDescription(
        .text(
          TextShape(
            noun: "a key identifier", rule: "1 to 1024 printable ASCII characters",
            example: "kid-1")), .required, "The identifier that the CA has given.")
    case .macKey:
      KeyDescription(
        .secret, .required, "The key that the CA has given with it.",
        example: "{env: ACME_MAC_KEY}")
    }
  }
}

/// The keys of `acme.dns`.
enum DNSChallengeField: String, KeyTable {
  case present, cleanup, timeout, resolvers, environment

  static let owner = "the DNS challenge"

  var about: KeyDescription {
    switch self {
    case .present:
      KeyDescription(
        .command(example: "./dns-record"), .required,
        "The program that makes a TXT record. It is called as lego's `exec` provider calls it: `PROGRAM present NAME"
          + " VALUE`, with `DEPLOY_DOMAIN`, `DEPLOY_RECORD` and `DEPLOY_VALUE` in its environment.")
    case .cleanup:
      KeyDescription(
        .command(example: "./dns-record"), .required,
        "The program that removes it: `PROGRAM cleanup NAME VALUE`.")
    case .timeout:
      KeyDescription(
        .period, .usual("\(DNSChallengePolicy.usualTimeout)"),
        "How long the order waits until name servers show the record; at least 1s.")
    case .resolvers:
      KeyDescription(
        .oneOrMore(.text(DNSServer.self, example: "198.51.100.53")),
        .otherwise("the name servers of the zone"),
        "The name servers that are asked for the record.")
    case .environment:
      KeyDescription(
        .list(.environmentVariable), .otherwise("none"),
        "Further variables that the programs get from the environment of `deploy`.",
        example: "[ZONE_TOKEN]")
    }
  }
}
