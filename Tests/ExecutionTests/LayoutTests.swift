import Foundation
import TestSupport
import Testing

@testable import Execution

private let canRunNginx =
  getuid() == 0
  && ["/usr/sbin/nginx", "/usr/bin/curl", "/usr/sbin/ip"]
    .allSatisfy(FileManager.default.isExecutableFile)

/// How a distribution lays out nginx's folder, with a site of the host's own in it.
struct NginxLayout: CustomTestStringConvertible {
  var testDescription: String
  /// In nginx.conf outside of the http block.
  var global: String
  /// In the http block.
  var http: String
  var files: [String: String]
  /// The folder of deploy's include file.
  var include: String

  static let all = [
    NginxLayout(
      testDescription: "Debian", global: "include /etc/nginx/modules-enabled/*.conf;",
      http: "include /etc/nginx/conf.d/*.conf; include /etc/nginx/sites-enabled/*;",
      files: [
        "sites-enabled/default": "server { listen 8088 default_server; return 200 'own\\n'; }\n"
      ], include: "conf.d/deploy.conf"),
    // There conf.d is included outside of the http block.
    NginxLayout(
      testDescription: "Alpine", global: "include /etc/nginx/conf.d/*.conf;",
      http: "include /etc/nginx/http.d/*.conf;",
      files: [
        "conf.d/limits.conf": "worker_rlimit_nofile 512;\n",
        "http.d/default.conf": "server { listen 8088 default_server; return 200 'own\\n'; }\n",
      ], include: "http.d/deploy.conf"),
    NginxLayout(
      testDescription: "RHEL", global: "include /usr/share/nginx/modules/*.conf;",
      http: """
        include /etc/nginx/conf.d/*.conf;
        server { listen 8088; server_name _; include /etc/nginx/default.d/*.conf; }
        """,
      files: ["default.d/own.conf": "location / { return 200 'own\\n'; }\n"],
      include: "conf.d/deploy.conf"),
  ]

  func write(to folder: TemporaryFolder) throws {
    for (path, text) in files { try folder.write(text, to: "etc/\(path)") }
    try folder.write(
      """
      \(global)
      pid /run/nginx.pid;
      events {}
      http {
          access_log off;
          \(http)
      }

      """, to: "etc/nginx.conf")
  }
}

@Suite(
  "nginx's folder as a distribution lays it out", .requires(canRunNginx, "needs root and nginx"),
  .serialized)
struct LayoutTests {
  @Test(
    "has the release in addition to the host's own sites, and is unchanged after a removal",
    arguments: NginxLayout.all, Shell.allCases)
  func coexistence(_ layout: NginxLayout, _ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try layout.write(to: folder)
    let result = try shell.run(
      #"""
      mount --bind "$folder/etc" /etc/nginx; mount -t tmpfs none /var/log/nginx
      cp -a /etc/nginx "$folder/before"
      nginx_folder=/etc/nginx; find_include; echo "${include#/etc/nginx/}"
      mkdir -p "$run" "$work/log" "$root/releases/8/nginx"; staged=$root/releases/8 release=8 previous=0
      printf 'server { listen 8099; return 200 "deploy\\n"; access_log %s combined if=0; }\n' \
        "$root/releases/8/nginx/served" > "$staged/nginx/deploy.conf"
      ip link set lo up; nginx
      check_nginx
      asked() { echo "$1: $(curl -s http://127.0.0.1:8088/ || echo none)" \
        "$(curl -s http://127.0.0.1:8099/ || echo none)"; }
      asked before
      link_release 8 && reload 8 && asked active
      link_release 0 && reload 0 && asked after
      remove_everything
      diff -r "$folder/before" /etc/nginx && echo same
      """#, in: folder)
    #expect(
      result.output == """
        \(layout.include)
        @deploy tested
        before: own none
        active: own deploy
        after: own none
        same

        """, "\(result.error)")
  }
}
