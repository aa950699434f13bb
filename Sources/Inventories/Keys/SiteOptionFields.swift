import Fleet
import Schema

/// The keys of `certificate` of a site.
enum CertificateField: String, KeyTable {
  case files, installed, ca, acme, command
  case isPrivate = "private"

  static let owner = "the certificate"
  static let alternatives = [Self.files, .installed, .ca, .acme, .command]
  // A certificate is one decision: what another one needed, such as `private`, does not stay.
  static let exclusive = [allCases]

  private static let needed = KeyDescription.Absence.otherwise("one of the five is required")

  var about: KeyDescription {
    switch self {
    case .files:
      KeyDescription(
        .mapping(MappingShape(CertificateFileField.self)), Self.needed,
        "PEM files on the controller: the certificate with its chain, and the key. Beside `command`, the files that"
          + " the program writes, such as certbot and lego: after it has succeeded, these are read. Their paths are"
          + " relative to the inventory's folder, while the program runs in the current one.")
    case .installed:
      KeyDescription(
        .mapping(MappingShape(InstalledFileField.self)), Self.needed,
        "Files that something else keeps on the front-ends, such as certbot.")
    case .ca:
      KeyDescription(
        .constant(true), Self.needed,
        "Issued by the private CA. Visitors must trust that CA.",
        earlierNames: ["authority"])
    case .acme:
      KeyDescription(
        .either([
          .constant(true), .text(ACMEAccountName.self, form: "the name of an account"),
          .mapping(MappingShape(ACMECertificateField.self)),
        ]), Self.needed,
        "Ordered from a public CA and renewed: `true` for the account that `acme` itself describes.",
        example: "true")
    case .command:
      KeyDescription(
        .command(example: "./certificate"), Self.needed,
        "A program of the controller that prints the certificate with its chain and its unencrypted key, as PEM; asked"
          + " when the certificate is due, which is as for `acme`. What it prints is checked as files are, and kept"
          + " as for `acme`.", example: "[./certificate, shop.example]")
    case .isPrivate:
      KeyDescription(
        .boolean, .usual("false"),
        "Beside one of these: visitors trust the CA of the certificate, although browsers do not know it; not needed"
          + " with `ca`.")
    }
  }
}

/// The keys of `certificate.files`.
enum CertificateFileField: String, KeyTable {
  case certificate, key

  static let owner = "the certificate"
  static let form: String? = "`{certificate: FILE, key: FILE}`"

  var about: KeyDescription {
    switch self {
    case .certificate:
      KeyDescription(
        .file(example: "certs/shop.crt"), .required, "The certificate with its chain.")
    case .key: KeyDescription(.file(example: "certs/shop.key"), .required, "Its key.")
    }
  }
}

/// The keys of `certificate.installed`.
enum InstalledFileField: String, KeyTable {
  case certificate, key

  static let owner = "the certificate"
  static let form: String? = "`{certificate: REMOTE PATH, key: REMOTE PATH}`"

  var about: KeyDescription {
    switch self {
    case .certificate:
      KeyDescription(
        .remotePath(example: "/etc/ssl/shop.crt"), .required, "The certificate with its chain.")
    case .key: KeyDescription(.remotePath(example: "/etc/ssl/shop.key"), .required, "Its key.")
    }
  }
}

/// The keys of the mapping form of `certificate.acme`.
enum ACMECertificateField: String, KeyTable {
  case account, names, profile

  static let owner = "the ACME certificate"

  var about: KeyDescription {
    switch self {
    case .account:
      KeyDescription(
        .text(ACMEAccountName.self), .usual(ACMEAccountName.default.text),
        "The account to order with; `default` is the one that `acme` itself describes.")
    case .names:
      KeyDescription(
        .list(.text(CertificateName.self)), .otherwise("none"),
        "Names besides the domain and its aliases.", example: "[\"*.shop.example\"]")
    case .profile:
      KeyDescription(
        .text(
          TextShape(
            noun: "a profile", rule: "1 to 64 printable ASCII characters without spaces",
            example: "shortlived")), .otherwise("the CA's choice"),
        "One of those that the CA offers.")
    }
  }
}

/// The keys of `hsts`.
enum HSTSField: String, KeyTable {
  case maxAge = "max_age"

  static let owner = "the HSTS policy"

  var about: KeyDescription {
    KeyDescription(
      .period, .required, "How long browsers use HTTPS only.", example: "1y")
  }
}

/// The keys of `stapling`.
enum StaplingField: String, KeyTable {
  case chain, resolver

  static let owner = "the stapling"
  static let form: String? = "`{chain: FILE, resolver: [ADDRESS, …]}`"

  var about: KeyDescription {
    switch self {
    case .chain:
      KeyDescription(
        .file(example: "certs/issuers.pem"), .required, "The certificates of the issuers.")
    case .resolver:
      KeyDescription(
        .list(.address, atLeast: 1), .required,
        "Name servers of your own network, which find the responder.")
    }
  }
}

/// The keys of `snippets`.
enum SnippetField: String, KeyTable {
  case frontEnd = "front_end"
  case backEnd = "back_end"

  static let owner = "the snippets"

  var about: KeyDescription {
    switch self {
    case .frontEnd:
      KeyDescription(
        .file(example: "snippets/shop-fe.conf"), .otherwise("none"), "On front-ends.")
    case .backEnd:
      KeyDescription(
        .file(example: "snippets/shop-be.conf"), .otherwise("none"), "On back-ends.")
    }
  }
}

/// The keys of `timeouts`.
enum TimeoutField: String, KeyTable {
  case connect, read, send

  static let owner = "the timeouts"

  var about: KeyDescription {
    let usual = Timeouts()
    return switch self {
    case .connect:
      KeyDescription(
        .period, .usual("\(usual.connect)"), "Until a connection is established; at least 1s.")
    case .read:
      KeyDescription(
        .period, .usual("60s"), "Between two reads of an answer; at least 1s.")
    case .send:
      KeyDescription(
        .period, .usual("60s"), "Between two writes of a request; at least 1s.")
    }
  }
}
