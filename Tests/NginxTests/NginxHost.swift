import Fleet
import Foundation
import Inventories
import Nginx

/// A folder that stands for a host: its release, its certificates, its logs.
final class NginxHost {
  let folder: URL
  var path: String { folder.path(percentEncoded: false) }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "nginx-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
  }

  deinit {
    do { try FileManager.default.removeItem(at: folder) } catch { print("\(path): \(error)") }
  }

  func url(_ path: String) -> URL { folder.appending(path: path) }

  func write(_ text: String, to path: String) throws {
    try FileManager.default.createDirectory(
      at: url(path).deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url(path))
  }

  /// Writes the files with every path of a host moved into the folder, and the nginx that has them.
  func install(
    _ files: [ConfigurationFile], release: ReleaseNumber = .first.following(6), http: String = ""
  ) throws {
    for file in files + [releaseMarker(release: release)] {
      try write(moved(file.text), to: "current/\(file.path)")
    }
    try write("", to: "releases/\(release)/nginx/.keep")
    try write("", to: "log/.keep")
    try write("", to: "run/.keep")
    try write(
      """
      user root;
      worker_processes 1;
      pid \(path)/nginx.pid;
      error_log \(path)/log/error.log info;
      events {}
      http {
        access_log off;
        include \(path)/current/nginx/deploy.conf;
        \(http)
      }
      """, to: "nginx.conf")
  }

  func moved(_ text: String) -> String {
    [
      ("/etc/deploy/", "\(path)/"), ("/var/log/nginx/", "\(path)/log/"),
      ("/etc/ssl/blog/", "\(path)/blog/"), ("/srv/", "\(path)/srv/"), ("/run/", "\(path)/run/"),
    ].reduce(text) { $0.replacing($1.0, with: $1.1) }
  }

  func log(_ name: String) throws -> String {
    try String(contentsOf: url("log/\(name)"), encoding: .utf8)
  }
}

/// A certificate authority made with `openssl`, in a folder of its own.
final class TestCA {
  let home: NginxHost

  init(_ name: String) throws {
    home = try NginxHost()
    _ = try Command.script(
      """
      cd '\(home.path)'
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 \
        -keyout ca.key -out ca.crt -subj '/CN=\(name)' \
        -addext 'keyUsage=critical,keyCertSign,cRLSign' 2>&1
      """)
  }

  var certificate: String { home.url("ca.crt").path(percentEncoded: false) }

  /// Issues `PATH.crt` and `PATH.key`; the usage is `serverAuth` or `clientAuth`.
  func issue(
    _ usage: String, _ name: String, names: [String], responder: String? = nil, to path: URL
  ) throws {
    try FileManager.default.createDirectory(
      at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
    let path = path.path(percentEncoded: false)
    let alternatives = names.map { "DNS:\($0)" }.joined(separator: ",")
    let access = responder.map { "authorityInfoAccess=OCSP;URI:\($0)\\n" } ?? ""
    _ = try Command.script(
      """
      cd '\(home.path)'
      openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=\(name)' \
        -keyout '\(path).key' -out request.pem 2>&1
      printf '\(access)extendedKeyUsage=%s\\nsubjectAltName=%s\\n' '\(usage)' '\(alternatives)' \
        >extensions
      openssl x509 -req -in request.pem -CA ca.crt -CAkey ca.key -CAcreateserial -days 90 \
        -extfile extensions -out '\(path).crt' 2>&1
      """)
  }
}

extension NginxHost {
  /// Gives the host every file that its configuration names under `tls/`.
  func install(
    certificates ca: TestCA, trusting trusted: TestCA, _ sites: [Site],
    responder: String? = nil
  ) throws {
    let domains = sites.map(\.domain.text)
    try FileManager.default.createDirectory(
      at: url("current/tls/sites"), withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: trusted.certificate,
      toPath: url("current/tls/ca.crt").path(percentEncoded: false))
    try ca.issue(
      "clientAuth", "edge-1", names: ["edge-1.test"], to: url("current/tls/front-end"))
    try ca.issue("serverAuth", "app-1", names: domains, to: url("current/tls/back-end"))
    for site in sites {
      let names = ([site.domain] + site.aliases).map(\.text)
      try ca.issue(
        "serverAuth", "site", names: names, responder: responder,
        to: url("current/tls/sites/\(site.domain)"))
      for folder in ["origin-pulls", "stapling"] {
        try write(
          String(contentsOfFile: trusted.certificate, encoding: .utf8),
          to: "current/tls/\(folder)/\(site.domain).crt")
      }
    }
  }
}
