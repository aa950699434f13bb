import Foundation
import Sandbox
import Testing

/// The fleet on which the lines of the reference setup are tested: made and applied once for a suite.
///
/// `network` is a host of the content network in front of pulled.example, `outside` is any other machine: a visitor,
/// and the name server and the responder of the public certificate's CA.
struct ReferenceSetupFleet: SuiteTrait, TestScoping {
  @TaskLocal static var current: Scene?

  static let hosts = ["edge-1", "edge-2", "app-1", "app-2"]

  func provideScope(
    for test: Test, testCase: Test.Case?, performing tests: @Sendable () async throws -> Void
  ) async throws {
    try await Scene.play(ReferenceSetupInventory().text, on: Self.sandboxHosts) { scene in
      try await Self.furnish(scene)
      try await scene.apply()
      try await scene.expectNoChanges()
      try await Self.$current.withValue(scene) { try await tests() }
    }
  }

  private static let sandboxHosts: [SandboxHost] = {
    func host(_ name: String, _ addresses: String..., pages: [String: String] = [:]) -> SandboxHost
    {
      SandboxHost(
        name: name, addresses: addresses,
        pages: pages.merging(["/root/applications.py": programs]) { $1 })
    }
    func backEnd(_ name: String, _ addresses: String...) -> SandboxHost {
      SandboxHost(
        name: name, addresses: addresses,
        pages: [
          "/srv/shop/start.html": "shop \(name)\n", "/srv/php/style.css": "style \(name)\n",
          "/srv/php/index.php": "never served as it is\n", "/root/applications.py": programs,
        ])
    }
    return [
      host("edge-1", "198.18.0.10", pages: ["/etc/resolv.conf": "nameserver 198.18.0.53\n"]),
      host("edge-2", "198.18.0.11"), backEnd("app-1", "198.18.0.21", "2001:2::21"),
      backEnd("app-2", "198.18.0.22"), host("network", "198.18.64.7"),
      host("outside", "198.18.0.90", "198.18.0.53", "2001:2::90"),
    ]
  }()

  private static let programs: String = {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = tests.appending(path: "Programs/applications.py").path
    return FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) }
      ?? ""
  }()

  /// What is not of deploy: the public certificates and who answers for them, and the applications.
  private static func furnish(_ scene: Scene) async throws {
    try scene.write(
      "add_header X-Client $ssl_client_escaped_cert always;\nadd_header X-Connection $connection;\n",
      to: "client.conf")
    try await scene.must(Self.publicCertificates, scene.folder)
    for (name, place) in [("pulled", "edge-2"), ("cdn", "network")] {
      for end in ["crt", "key"] {
        try await scene.sandbox.write(
          scene.read("public/\(name).\(end)"), to: "/etc/ssl/\(name).\(end)", on: .host(place))
      }
    }
    for file in ["ca.crt", "ca.key", "index"] {
      try await scene.sandbox.write(
        scene.read("public/\(file)"), to: "/root/\(file)", on: .host("outside"))
    }
    try await scene.must(
      """
      cd /root
      setsid python3 applications.py names 198.18.0.53 198.18.0.90 </dev/null >names.log 2>&1 &
      setsid openssl ocsp -port 2560 -index index -CA ca.crt -rsigner ca.crt -rkey ca.key \\
        </dev/null >ocsp.log 2>&1 &
      await() { for try in $(seq 400); do ! "$@" >/dev/null || return 0; sleep 0.05; done; return 1; }
      await sh -c 'ss -Hltn | grep ":2560 "'
      await sh -c 'ss -Hlun | grep ":53 "'
      """, on: "outside")
    for backEnd in ["app-1", "app-2"] {
      try await scene.must(
        """
        cd /root
        setsid python3 applications.py http 127.0.0.1 8080 "$1" </dev/null >http.log 2>&1 &
        setsid python3 applications.py fastcgi /run/app.sock </dev/null >fastcgi.log 2>&1 &
        setsid python3 applications.py http 0.0.0.0 9100 open </dev/null >open.log 2>&1 &
        setsid python3 applications.py http 0.0.0.0 9200 closed </dev/null >closed.log 2>&1 &
        for try in $(seq 400); do
          listening=$(ss -Hltn | grep -cE ':(8080|9100|9200) ') || true
          [ "$listening" != 3 ] || [ ! -S /run/app.sock ] || exit 0
          sleep 0.05
        done
        exit 1
        """, backEnd, on: backEnd)
    }
  }

  /// A CA that browsers know, and that of a content network for origin pulls.
  private static let publicCertificates = #"""
    mkdir "$1/public"
    cd "$1/public"
    umask 077
    key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
    for ca in ca pulls; do
      openssl req -x509 $key -days 30 -keyout $ca.key -out $ca.crt \
        -subj "/CN=$ca" -addext 'keyUsage=critical,keyCertSign,cRLSign,digitalSignature'
    done
    issue() {
      printf '%s\n' "subjectAltName=$3" "$4" >extensions
      openssl req $key -subj "/CN=$2" -keyout "$2.key" -out request.pem
      openssl x509 -req -in request.pem -CA "$1.crt" -CAkey "$1.key" -CAcreateserial -days 30 \
        -extfile extensions -out "$2.crt"
    }
    issue ca shop DNS:shop.example,DNS:www.shop.example \
      'authorityInfoAccess=OCSP;URI:http://ocsp.test:2560/'
    issue ca pulled DNS:pulled.example 'extendedKeyUsage=serverAuth'
    issue pulls cdn DNS:cdn.test 'extendedKeyUsage=clientAuth'
    chmod a+r ca.crt pulls.crt
    serial=$(openssl x509 -noout -serial -in shop.crt)
    printf 'V\t401231235959Z\t\t%s\tunknown\t/CN=shop\n' "${serial#serial=}" >index
    """#
}

/// What the fleet's inventory says; parts of it change in tests.
struct ReferenceSetupInventory {
  var engine = "nftables"
  var allow = "[{port: 9100, from: [198.18.0.90]}]"
  var network = "{ranges: [198.18.64.0/24], header: X-Visitor}"

  var text: String {
    """
    fleet: post
    ca:
      name: Post Certification Center
      subject: {country: NL, organization: Post, organizational_unit: Operations, locality: Utrecht, state: Utrecht}
      key: rsa-4096
      valid_for: 10y
      passphrase: {env: DEPLOY_PASSPHRASE}
      certificates: {valid_for: 365d}
    ssh: {user: root, identity: ~/.ssh/id_ed25519}
    front_ends:
      edge-1: {address: 198.18.0.10}
      edge-2: {address: 198.18.0.11}
    back_ends:
      app-1: {address: 198.18.0.21}
      app-2: {address: 198.18.0.22}
    sites:
      shop.example:
        aliases: [www.shop.example]
        front_ends: [edge-1]
        back_ends: all
        certificate: {files: {certificate: public/shop.crt, key: public/shop.key}}
        hsts: {max_age: 1y}
        stapling: {chain: public/ca.crt, resolver: [198.18.0.53]}
        back_end: {root: /srv/shop, index: start.html}
        snippets: {back_end: client.conf}
      app.example:
        front_ends: [edge-1]
        back_ends: [{host: app-1, weight: 3}, app-2]
        certificate: {ca: true}
        websockets: true
        headers: {X-Frame-Options: DENY}
        back_end: {port: 8443, proxy: "http://127.0.0.1:8080"}
      php.example:
        front_ends: [edge-1]
        back_ends: [app-1, {host: app-2, backup: true}]
        certificate: {ca: true}
        back_end: {port: 9443, fastcgi: "unix:/run/app.sock", root: /srv/php}
      pulled.example:
        front_ends: [edge-2]
        back_ends: all
        certificate: {installed: {certificate: /etc/ssl/pulled.crt, key: /etc/ssl/pulled.key}}
        cdn: \(network)
        origin_pulls: public/pulls.crt
        back_end: {port: 8443, proxy: "http://127.0.0.1:8080"}
    firewall:
      engine: \(engine)
      ssh_from: [198.18.255.254]
      allow: \(allow)
    """
  }
}

extension Scene {
  /// Runs a script that has no reason to fail, on the controller or on a host.
  @discardableResult
  func must(
    _ script: String, _ arguments: String..., on host: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> String {
    try await must(script, arguments, on: host, sourceLocation: sourceLocation)
  }

  func must(
    _ script: String, _ arguments: [String], on host: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> String {
    let output = try await sandbox.run(
      ["sh", "-euc", script, "sh"] + arguments, on: host.map { .host($0) } ?? .controller)
    try #require(output.status == 0, "\(script)\n\(output.all)", sourceLocation: sourceLocation)
    return output.stdout
  }

  /// Checks a limited number of times, a twentieth of a second apart, whether a shell condition is true.
  func wait(
    until condition: String, on host: String, tries: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    try await must(
      "for try in $(seq \(tries)); do \(condition) && exit; sleep 0.05; done; exit 1", on: host,
      sourceLocation: sourceLocation)
  }
}
