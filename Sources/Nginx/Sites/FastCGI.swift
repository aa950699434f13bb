import Fleet
internal import Inventories

/// A site whose back-ends pass requests to a FastCGI application.
struct FastCGI {
  let site: Site
  let application: LocalApplication
  let root: RemotePath?
  let index: FileName

  var paragraphs: [Paragraph] {
    guard let root else {
      return [
        Paragraph([
          Directive(
            "location", "/",
            block: [
              pass([
                Directive("fastcgi_param", "PATH_INFO", "\(.scriptName)"),
                Directive("fastcgi_param", "SCRIPT_NAME", ""),
              ])
            ])
        ])
      ]
    }
    return [
      Paragraph([Directive("root", "\(root)"), Directive("index", "\(index)")]),
      Paragraph(
        "Requests that match no file go to the application, and its code is never sent.",
        [
          Directive(
            "location", "/",
            block: [
              Paragraph([
                Directive(
                  "try_files", "\(.uri)", "\(.uri)/",
                  "/\(index)\(.argumentsMark)\(.arguments)")
              ])
            ]),
          Directive(
            "location", "~", .phpScript,
            block: [
              Paragraph([Directive("try_files", "\(.scriptName)", "=404")]),
              pass([
                Directive(
                  "fastcgi_param", "SCRIPT_FILENAME", "\(.documentRoot)\(.scriptName)"),
                Directive("fastcgi_param", "SCRIPT_NAME", "\(.scriptName)"),
                Directive("fastcgi_param", "DOCUMENT_ROOT", "\(.documentRoot)"),
                Directive("fastcgi_param", "DOCUMENT_URI", "\(.documentURI)"),
              ]),
            ]),
        ]),
    ]
  }

  /// The variables of CGI (RFC 3875, 4.1), and those that PHP's own server sets; not `HTTP_PROXY`,
  /// which a visitor's header could set (https://httpoxy.org).
  private func pass(_ script: [Directive]) -> Paragraph {
    Paragraph(
      "The application gets the visitor's address, and the name and port that visitors use.",
      [Directive("fastcgi_pass", application.target)] + script + [
        Directive("fastcgi_param", "GATEWAY_INTERFACE", "CGI/1.1"),
        Directive("fastcgi_param", "QUERY_STRING", "\(.queryString)"),
        Directive("fastcgi_param", "REQUEST_METHOD", "\(.method)"),
        Directive("fastcgi_param", "REQUEST_URI", "\(.requestURI)"),
        Directive("fastcgi_param", "REQUEST_SCHEME", "https"),
        Directive("fastcgi_param", "HTTPS", "on"),
        Directive("fastcgi_param", "CONTENT_TYPE", "\(.contentType)"),
        Directive("fastcgi_param", "CONTENT_LENGTH", "\(.contentLength)"),
        Directive("fastcgi_param", "SERVER_NAME", "\(site.domain)"),
        Directive("fastcgi_param", "SERVER_PORT", "443"),
        Directive("fastcgi_param", "SERVER_PROTOCOL", "\(.protocolVersion)"),
        Directive("fastcgi_param", "SERVER_SOFTWARE", "nginx"),
        Directive("fastcgi_param", "REMOTE_ADDR", "\(.realAddressHeader)"),
        Directive("fastcgi_param", "REDIRECT_STATUS", "200"),
        Directive("fastcgi_param", "HTTP_PROXY", ""),
      ] + site.requests.timeouts.directives(for: "fastcgi"))
  }
}

extension LocalApplication {
  /// The value for `fastcgi_pass`, and for `proxy_pass` after `http://`.
  var target: Argument {
    switch self {
    case .tcp(let address, let port): "\(host: address):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}
