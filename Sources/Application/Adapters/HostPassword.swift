import Certificates
import Files

/// Gets the password of hosts from where the inventory says, which the plan and the state name too.
struct HostPassword {
  /// As `SSHOptions.password` writes it.
  let words: [String]
  let resolve: @Sendable (String) -> String
  let interaction: any Interaction

  func read() throws -> [UInt8] {
    let password =
      switch words.first {
      case "env": try fromEnvironment(words[1])
      case "file": try fromFile(resolve(words[1]))
      case "command": try fromCommand(Array(words.dropFirst()))
      default:
        try interaction.askSecret(
          "Password for the SSH hosts: ",
          instead: "give ssh.password in the inventory, as {env: NAME}, {file: PATH} or"
            + " {command: […]}")
      }
    guard !password.isEmpty else {
      throw Failure(.failed, "the password from \(words.joined(separator: " ")) is empty")
    }
    return password
  }

  private func fromEnvironment(_ name: String) throws -> [UInt8] {
    guard let secret = SecretEnvironment.take(name) else {
      throw Failure(.failed, "the password should be in the variable \(name), which is not set")
    }
    return secret.withUnsafeBytes { Array($0) }
  }

  private func fromFile(_ path: String) throws -> [UInt8] {
    return firstLine(of: try FileReader.read(path, as: .secret))
  }

  private func fromCommand(_ command: [String]) throws -> [UInt8] {
    firstLine(of: try SecretCommand(words: command, secret: "password").output())
  }

  private func firstLine(of bytes: [UInt8]) -> [UInt8] {
    Array(bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
  }
}
