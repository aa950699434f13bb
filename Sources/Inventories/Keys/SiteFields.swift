import Fleet
import Schema

/// The keys of a site.
enum SiteField: String, KeyTable {
  case aliases
  case frontEnds = "front_ends"
  case backEnds = "back_ends"
  case network, certificate, hsts, cdn
  case originPulls = "origin_pulls"
  case stapling
  case backEnd = "back_end"
  case snippets, timeouts, headers, websockets
  case maxBodySize = "max_body_size"

  static let owner = "a site"
  static let hasExtensions = true
  static let completedBy = [InventoryField.defaults, .include].map(\.rawValue)

  /// Keys that a site sets to `none` if it does not want what `defaults` has.
  static let removable: Set<SiteField> = [
    .network, .hsts, .cdn, .originPulls, .stapling, .snippets, .timeouts, .headers, .maxBodySize,
  ]

  var about: KeyDescription {
    var about = ownAbout
    guard Self.removable.contains(self) else { return about }
    var shapes = [about.shape]
    if case .either(let several) = about.shape { shapes = several }
    about.shape = .either(shapes + [.choice(["none"])])
    return about
  }

  private var ownAbout: KeyDescription {
    switch self {
    case .aliases:
      KeyDescription(
        .list(.text(DomainName.self)), .otherwise("none"), "Redirected to the site's domain.",
        example: "[www.shop.example]")
    case .frontEnds:
      KeyDescription(
        .either([
          .choice(["all"]), .list(.either([Self.host, .mapping(MappingShape(MatchField.self))])),
          .mapping(MappingShape(MatchField.self)),
        ]), .required,
        "Who publishes the site. A front-end in the list is a name, or `{match: PATTERN}` for all that match; `{match:"
          + " PATTERN}` alone is a list of one.",
        example: "[edge-1]")
    case .backEnds:
      KeyDescription(
        .either([
          .choice(["all"]),
          .list(.either([Self.host, .mapping(MappingShape(UpstreamField.self))])),
          .mapping(MappingShape(UpstreamField.self)),
        ]), .required,
        "Who serves it; at least one that is not a backup. A back-end in the list is a name, or a mapping; a mapping"
          + " alone is a list of one.",
        example: "[app-1]")
    case .network:
      KeyDescription(
        .edgeNetworks, .otherwise("the top level's"),
        "The network of `addresses` in which its front-ends reach its back-ends.",
        example: "private")
    case .certificate:
      KeyDescription(
        .mapping(MappingShape(CertificateField.self)), .required,
        "What visitors see: one of `files`, `installed`, `ca`, `acme`, `command`.")
    case .hsts:
      KeyDescription(
        .mapping(MappingShape(HSTSField.self)), .otherwise("no header"),
        "`Strict-Transport-Security`.")
    case .cdn: cdn
    case .originPulls:
      KeyDescription(
        .file(example: "origin-pull-ca.pem"), .otherwise("none"),
        "The certificate of the CA of the network: who connects must show a certificate of it (authenticated origin"
          + " pulls).")
    case .stapling:
      KeyDescription(
        .mapping(MappingShape(StaplingField.self)), .otherwise("none"),
        "OCSP stapling: the certificates of the issuers, and name servers of your own network that find the responder."
      )
    case .backEnd:
      KeyDescription(
        .mapping(MappingShape(ServiceField.self)), .required, "What back-ends serve, and where.")
    case .snippets:
      KeyDescription(
        .mapping(MappingShape(SnippetField.self)), .otherwise("none"),
        "nginx configuration that is included in the site's server block; plans show it.")
    case .timeouts:
      KeyDescription(
        .mapping(MappingShape(TimeoutField.self)), .otherwise("the defaults of its keys"),
        "How long a front-end waits for a back-end, and (`read`, `send`) a back-end for its application."
      )
    case .headers:
      KeyDescription(
        .entries(
          of: .text(HeaderValue.self, form: "a value"),
          named: TextShape(HeaderName.self, form: "a name")), .otherwise("none"),
        "Sent with every answer; a value may not contain `$`.",
        example: "{X-Content-Type-Options: nosniff}")
    case .websockets:
      KeyDescription(.boolean, .usual("false"), "Requests may become WebSockets.")
    case .maxBodySize:
      KeyDescription(
        .text(ByteCount.self, form: "`64k`, `10m`, `1g`, or 0 for no limit"),
        .otherwise("nginx's 1m"), "The largest body of a request.", example: "10m")
    }
  }

  fileprivate static let host = Shape.text(
    TextShape(noun: "a host name", rule: HostName.rule, example: "app-1"))

  private var cdn: KeyDescription {
    KeyDescription(
      .either([
        .choice(of: KnownNetwork.self), .ranges, .mapping(MappingShape(NetworkField.self)),
      ]), .otherwise("none"),
      "Visitors come through this network only: ports 80 and 443 are open to its ranges, if every site of the host is"
        + " behind a network. The header names the visitor: `CF-Connecting-IP` for `cloudflare`, else `X-Forwarded-For` by"
        + " default.", example: "cloudflare")
  }
}

/// The keys of the mapping form of a front-end in the list of a site.
enum MatchField: String, KeyTable {
  case match

  static let owner = "a front-end of a site"
  static let form: String? = "`{match: PATTERN}`"

  var about: KeyDescription {
    KeyDescription(
      Self.pattern(example: "region=eu"), .required,
      "All front-ends that match: names, globs and `label=value` as for `--limit`, so that a new host takes part by its"
        + " label.")
  }

  fileprivate static func pattern(example: String) -> Shape {
    .text(
      TextShape(noun: Selector.noun, rule: Selector.rule, form: "a pattern", example: example))
  }
}

/// The keys of a back-end in the list of a site.
enum UpstreamField: String, KeyTable {
  case host, match, port, weight, backup
  case maxFails = "max_fails"
  case failTimeout = "fail_timeout"

  static let owner = "a back-end of a site"
  static let alternatives = [Self.host, .match]

  private static let needed = KeyDescription.Absence.otherwise(
    "one of `host`, `match` is required")

  var about: KeyDescription {
    switch self {
    case .host: KeyDescription(SiteField.host, Self.needed, "The name of the back-end.")
    case .match:
      KeyDescription(
        MatchField.pattern(example: "role=web"), Self.needed,
        "All back-ends that match, with the settings of this mapping: names, globs and `label=value` as for `--limit`."
          + " A back-end that the list names keeps the settings that it has there; of several patterns, the first counts."
      )
    case .port:
      KeyDescription(
        .port, .otherwise("`back_end.port`"), "Where this back-end listens.", example: "8443")
    case .weight: KeyDescription(.integer(1...1000), .usual("1"), "Its share of requests.")
    case .backup:
      KeyDescription(
        .boolean, .usual("false"), "Is used only if no other back-end answers.")
    case .maxFails:
      KeyDescription(
        .integer(0...1000), .otherwise("1; a backup 100"),
        "After this number of failures within `fail_timeout` it is out of rotation for as long, unless all are out; 0"
          + " never does.")
    case .failTimeout:
      KeyDescription(.period, .usual("10s"), "See `max_fails`; at least 1s.")
    }
  }
}

/// The keys of the mapping form of `cdn`.
enum NetworkField: String, KeyTable {
  case ranges, header

  static let owner = "a content delivery network"
  static let form: String? = "`{ranges: […], header: NAME}`"

  var about: KeyDescription {
    switch self {
    case .ranges: KeyDescription(.ranges, .required, "The addresses from which it connects.")
    case .header:
      KeyDescription(
        .text(HeaderName.self), .usual(HeaderName.forwardedFor.text),
        "Names the visitor. For `cloudflare` it is `CF-Connecting-IP`.")
    }
  }
}

/// The keys of `back_end` of a site.
enum ServiceField: String, KeyTable {
  case port, root, index, proxy, fastcgi

  static let owner = "a site's back_end"
  static let alternatives = [Self.root, .proxy, .fastcgi]
  // PHP files below a root are served as they are without the application that runs them, so `root` keeps `fastcgi`.
  static let exclusive = [[Self.root, .proxy], [.index, .proxy], [.proxy, .fastcgi]]

  private static let needed = KeyDescription.Absence.otherwise(
    "one of `root`, `proxy`, `fastcgi` is required")

  var about: KeyDescription {
    switch self {
    case .port:
      KeyDescription(.port, .usual("443"), "Where back-ends listen for front-ends.")
    case .root:
      KeyDescription(.remotePath(example: "/srv/shop"), Self.needed, "Serve the files below it.")
    case .index:
      KeyDescription(
        .text(FileName.self), .otherwise("`index.html`; with `fastcgi`, `index.php`"),
        "The file for a folder; only with `root`.", example: "index.htm")
    case .proxy:
      KeyDescription(
        .text(
          TextShape(
            noun: "an application's URL",
            rule: "http://ADDRESS:PORT with a numeric address, or http://unix:/PATH of a socket",
            form: "`http://ADDRESS:PORT` or `http://unix:/PATH`",
            example: "\"http://127.0.0.1:8080\"")), Self.needed,
        "Pass requests to an application.")
    case .fastcgi:
      KeyDescription(
        .text(
          TextShape(
            noun: "a FastCGI application",
            rule: "ADDRESS:PORT with a numeric address, or unix:/PATH of a socket",
            form: "`ADDRESS:PORT` or `unix:/PATH`", example: "\"unix:/run/php/php-fpm.sock\"")),
        Self.needed,
        "Pass requests to a FastCGI application. With a `root`, files in it are served, `.php` files run, and"
          + " everything else goes to the index.")
    }
  }
}
