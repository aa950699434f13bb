import Foundation
import State
import TestSupport
import Testing

@testable import Execution

@Suite("What a host reports about its own nginx and IPv6", .timeLimit(.minutes(2)))
struct OwnServersScriptTests {
  @Test(
    "has the listen directives of nginx's own servers, with file and line",
    arguments: Shell.allCases)
  func servers(_ shell: Shell) throws {
    let folder = try TemporaryFolder()
    try folder.write(
      """
      events {}
      http {
        include conf.d/*.conf;
        server { listen 198.18.0.99:8443 proxy_protocol; }
      }

      """, to: "nginx/nginx.conf")
    try folder.write(
      "include \(folder.path)/root/current/own.conf;\n", to: "nginx/conf.d/deploy.conf")
    try folder.write(
      "# mine\nserver {\n  listen 8081 default_server;\n  server_name own.example;\n}\n",
      to: "nginx/conf.d/own.conf")
    try folder.write("server { listen 8082; }\n", to: "root/current/own.conf")
    let result = try shell.run(
      #"""
      mount --bind "$folder/nginx" /etc/nginx; nginx_folder=/etc/nginx
      survey_servers
      find /run -name 'nginx*'
      """#, in: folder)
    #expect(
      try result.surroundings(ownPorts: [443]).nginxListens == [
        .init(
          file: "/etc/nginx/conf.d/own.conf", line: 3, text: "listen 8081 default_server",
          address: "0.0.0.0", port: 8081, isDefault: true, isBehindRelease: true,
          names: ["own.example"]),
        .init(
          file: "/etc/nginx/nginx.conf", line: 4, text: "listen 198.18.0.99:8443 proxy_protocol",
          address: "198.18.0.99", port: 8443, takesProxyProtocol: true, isBehindRelease: true),
      ], "\(result.output)\(result.error)")
    #expect(!result.output.contains("8082"))
    #expect(result.error == "")
  }

  @Test("leaves out the rest of a very long configuration, and can still be read")
  func muchConfiguration() throws {
    let folder = try TemporaryFolder()
    let many = (0..<60_000).map { "add_header X \"\($0)\";\n" }.joined()
    try folder.write(
      "events {}\nhttp {\n  server { listen 8081; }\n\(many)}\n", to: "nginx/nginx.conf")
    let result = try Shell.dash.run(
      "survey_servers", in: folder)
    #expect(try result.surroundings(ownPorts: [443]).nginxListens.map(\.port) == [8081])
  }

  @Test("recognizes a kernel without IPv6 by a missing file", arguments: Shell.allCases)
  func withoutIPv6(_ shell: Shell) throws {
    let result = try shell.run(
      #"""
      survey_ipv6; echo has; ipv6_addresses=$folder/none; survey_ipv6
      """#, in: TemporaryFolder())
    #expect(result.lines == ["has", "@deploy without-ipv6"])
    #expect(try !result.surroundings(ownPorts: [443]).hasIPv6)
  }

  @Test("lists only nginx workers whose master has exited", arguments: Shell.allCases)
  func orphans(_ shell: Shell) throws {
    let result = try shell.run(
      NetworkScriptTests.listen + #"""
        listen 'nginx: worker process' '' '127.0.0.1#443'; orphan=$!
        perl -e '
          $0 = "nginx: master process nginx"; pipe(my $in, my $out);
          if (!fork) { $0 = "nginx: worker process"; close $in; print $out "x"; close $out; sleep 1000 }
          close $out; <$in>; open(my $ready, ">", "$ENV{folder}/has-worker"); close $ready; sleep 1000
        ' > /dev/null &
        until [ -e "$folder/has-worker" ]; do kill -0 $! || exit 1; done
        survey_network
        echo "$orphan"
        """#, in: TemporaryFolder())
    let orphan = Int(result.lines.last ?? "")
    #expect(
      try result.surroundings(ownPorts: [443]).orphanedWorkers == [orphan],
      "\(result.output)\(result.error)")
    #expect(try result.surroundings(ownPorts: [443]).orphanedPorts == [443])
  }
}
