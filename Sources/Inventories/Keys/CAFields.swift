import Fleet
import Schema

/// The keys of `ca`.
enum CAField: String, KeyTable {
  case name, subject, key
  case validFor = "valid_for"
  case passphrase, certificates, root

  static let owner = "the CA"

  var about: KeyDescription {
    switch self {
    case .name:
      KeyDescription(
        .text(CommonName.self), .required,
        "The common name of the first generation; later ones get a number behind it. Not a domain of a site: an"
          + " issuer and a certificate of one name look like a self-signed certificate.",
        example: "Shop Certification Center")
    case .subject:
      KeyDescription(
        .mapping(MappingShape(SubjectField.self)), .otherwise("none"),
        "The other fields of the distinguished name.")
    case .key:
      KeyDescription(
        .choice(of: KeyKind.self), .usual("ecdsa-p256"), "The kind of key of new generations.")
    case .validFor:
      KeyDescription(
        .period, .usual("\(CAPolicy.usualValidity)"), "How long a generation is valid; not 0.")
    case .passphrase:
      KeyDescription(
        .secret, .otherwise("the terminal is asked"), "Unlocks the CA's key.",
        example: "{env: DEPLOY_PASSPHRASE}")
    case .certificates:
      KeyDescription(
        .mapping(MappingShape(LeafField.self)), .otherwise("the defaults of its keys"),
        "The certificates of hosts.")
    case .root:
      KeyDescription(
        .mapping(MappingShape(RootField.self)), .otherwise("none: the CA signs itself"),
        "A CA above the CA. Its key is needed only to create or renew a generation: move `root.key`, in the CA's"
          + " folder, to a place that no network reaches.")
    }
  }
}

/// The keys of `ca.root`.
enum RootField: String, KeyTable {
  case name, key
  case validFor = "valid_for"

  static let owner = "the root"

  var about: KeyDescription {
    switch self {
    case .name:
      KeyDescription(
        .text(CommonName.self), .required, "Another common name than that of the CA.",
        example: "Shop Root")
    case .key:
      KeyDescription(.choice(of: KeyKind.self), .usual("ecdsa-p384"), "The kind of its key.")
    case .validFor:
      KeyDescription(
        .period, .usual("\(RootPolicy.usualValidity)"), "How long it is valid; not 0.")
    }
  }
}

/// The keys of `ca.subject`.
enum SubjectField: String, KeyTable {
  case country, organization
  case organizationalUnit = "organizational_unit"
  case locality, state

  static let owner = "the subject"

  private static let text = Shape.text(
    TextShape(
      noun: "a subject field", rule: CommonName.limits(upTo: 64), form: "up to 64 characters",
      example: "Operations"))

  var about: KeyDescription {
    switch self {
    case .country:
      KeyDescription(
        .text(
          TextShape(
            noun: "a country", rule: "two upper-case letters (ISO 3166)",
            form: "two upper-case letters", example: "NL")), .otherwise("none"), "ISO 3166.")
    case .organization, .organizationalUnit, .locality, .state:
      KeyDescription(Self.text, .otherwise("none"))
    }
  }
}

/// The keys of `ca.certificates`.
enum LeafField: String, KeyTable {
  case key
  case validFor = "valid_for"
  case renewBefore = "renew_before"

  static let owner = "the certificates"

  var about: KeyDescription {
    let usual = LeafPolicy()
    return switch self {
    case .key:
      KeyDescription(
        .choice(of: KeyKind.self), .usual(usual.key.rawValue), "The kind of key of hosts.")
    case .validFor:
      KeyDescription(
        .period, .usual("\(usual.validFor)"),
        "How long certificates are valid; not 0. They never outlive the CA (a warning, if they would)."
      )
    case .renewBefore:
      KeyDescription(
        .period, .usual("\(usual.renewBefore)"),
        "An apply renews a certificate this long before its end; less than `valid_for`. Each host renews up to a"
          + " quarter of it earlier, depending on its name, so that hosts deployed on the same day do not all renew"
          + " on the same day.")
    }
  }
}
