import Foundation
import TestSupport
import Testing

@testable import SSH

@Suite("The user's ssh configuration")
struct ClientConfigurationTests {
  let folder: TemporaryFolder
  let configurations: ClientConfigurations

  init() throws {
    folder = try TemporaryFolder()
    configurations = ClientConfigurations(client: try SSHClient(), home: folder.path)
  }

  func ask(
    _ text: String, of name: String = "app-1", at address: String? = "203.0.113.10"
  ) async throws -> ClientConfiguration {
    let file = try folder.write(text, to: "config-\(UUID().uuidString)")
    return try #require(
      try await configurations.configuration(of: name, at: address, file: file))
  }

  @Test("A setting that is not configured is nil, not ssh's default")
  func nothing() async throws {
    let configuration = try await ask("Host other\n  User ann\n  Port 2200\n")
    #expect(configuration.user == nil)
    #expect(configuration.port == nil)
    #expect(configuration.identities == [])
    #expect(configuration.knownHosts == [])
    #expect(configuration.jumps == [])
    #expect(!configuration.acceptsNewHosts)
    #expect(configuration.unsupportedOptions == [])
  }

  @Test("Patterns match the host's name and its address")
  func patterns() async throws {
    let configuration = try await ask(
      "Host 203.0.113.*\n  ProxyJump ann@bastion:2200,inner\n  User late\nHost app-*\n  User ann\n")
    #expect(configuration.user == "ann")
    #expect(configuration.jumps == ["ann@bastion:2200", "inner"])
    #expect(configuration.hostName == "203.0.113.10")
  }

  @Test("Paths below the home folder are found, and keys that do not exist are left out")
  func paths() async throws {
    _ = try folder.write("a key", to: "key")
    let configuration = try await ask(
      "Host *\n  IdentityFile ~/key\n  IdentityFile ~/missing\n  IdentitiesOnly yes\n"
        + "  UserKnownHostsFile /srv/hosts\n  IdentityAgent /srv/agent\n  HostKeyAlias app.internal\n"
        + "  StrictHostKeyChecking accept-new\n  ConnectTimeout 7\n  ServerAliveInterval 11\n")
    #expect(configuration.identities == ["\(folder.path)/key"])
    #expect(configuration.identitiesOnly)
    #expect(configuration.knownHosts == ["/srv/hosts"])
    #expect(configuration.agent == .socket("/srv/agent"))
    #expect(configuration.hostKeyAlias == "app.internal")
    #expect(configuration.acceptsNewHosts)
    #expect(configuration.connectSeconds == 7)
    #expect(configuration.keepaliveSeconds == 11)
  }

  @Test("An alias of a jump host stands for a name, a port and a user")
  func alias() async throws {
    let configuration = try await ask(
      "Host bastion\n  HostName bastion.example.net\n  Port 2200\n  User ann\n", of: "bastion",
      at: nil)
    #expect(configuration.hostName == "bastion.example.net")
    #expect(configuration.port == 2200)
    #expect(configuration.user == "ann")
  }

  @Test("Settings that only OpenSSH supports are named")
  func unsupportedOptions() async throws {
    let configuration = try await ask(
      "Host *\n  ProxyCommand nc %h %p\n  CertificateFile ~/key-cert.pub\n")
    #expect(Set(configuration.unsupportedOptions) == ["ProxyCommand", "CertificateFile"])
  }

  @Test("A mistake is reported with ssh's own message and the name of the file")
  func mistake() async throws {
    let file = try folder.write("Host *\n  UseKeychain yes\n", to: "config")
    await #expect {
      try await configurations.configuration(of: "app-1", at: nil, file: file)
    } throws: { error in
      "\(error)".lowercased().contains("bad configuration option: usekeychain")
        && "\(error)".contains(file) && "\(error)".contains("config: none")
    }
  }

  @Test("A missing file is reported")
  func missing() async throws {
    await #expect {
      try await configurations.configuration(of: "app-1", at: nil, file: "/nonexistent/config")
    } throws: { "\($0)".contains("/nonexistent/config cannot be read") }
  }

  @Test("ssh is run once for each host")
  func once() async throws {
    let mark = "\(folder.path)/asked"
    let file = try folder.write(
      "Match exec \"echo x >> \(mark)\"\n  User ann\n", to: "config")
    for _ in 0..<3 {
      let configuration = try await configurations.configuration(
        of: "app-1", at: "203.0.113.10", file: file)
      #expect(configuration?.user == "ann")
    }
    // ssh reads it twice, the second time with the address.
    #expect(try String(contentsOfFile: mark, encoding: .utf8).count <= 4)
  }

  @Test("Without any configuration, ssh is not run", .enabled(if: !systemHasConfiguration))
  func unconfigured() async throws {
    #expect(try await configurations.configuration(of: "app-1", at: "203.0.113.10") == nil)
  }

  private static var systemHasConfiguration: Bool {
    let files = try? FileManager.default.contentsOfDirectory(atPath: "/etc/ssh/ssh_config.d")
    return files?.contains { $0.hasSuffix(".conf") } ?? false
  }
}
