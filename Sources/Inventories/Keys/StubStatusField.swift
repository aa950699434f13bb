import Fleet
import Schema

/// The keys of `stub_status`.
enum StubStatusField: String, KeyTable {
  case port, allow

  static let owner = "the status of nginx"

  var about: KeyDescription {
    switch self {
    case .port:
      KeyDescription(
        .port, .required,
        "The nginx of each host that has a site answers `http://127.0.0.1:PORT/stub_status`. It listens on every"
          + " address, and refuses others with 403; the firewall stays closed.",
        example: "9180")
    case .allow:
      KeyDescription(
        .ranges, .otherwise("the host itself"),
        "Who else may ask. The firewall stays closed: name the port in `firewall.allow` too.")
    }
  }
}
