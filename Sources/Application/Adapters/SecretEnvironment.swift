import Certificates
import Fleet
import Glibc
import Inventories
import Synchronization

/// The secrets in environment variables. Each is read once and removed from the environment, so
/// programs that `deploy` starts do not inherit it, and /proc does not show it.
enum SecretEnvironment {
  private static let taken = Mutex<[String: Secret]>([:])

  /// The variable from which `deploy init` takes the passphrase, and which its inventory then
  /// names.
  static let usualPassphrase = "DEPLOY_PASSPHRASE"

  /// The secret in a variable; nil if the variable was never set, or only to nothing.
  static func take(_ name: String) -> Secret? {
    taken.withLock { taken in
      guard let value = getenv(name) else { return taken[name] }
      let bytes = UnsafeMutableRawBufferPointer(start: value, count: strlen(value))
      guard !bytes.isEmpty else { return taken[name] }
      let secret = Secret(copying: bytes)
      // This memory is what /proc/PID/environ shows; unsetenv does not clear it.
      memset(value, 0, bytes.count)
      unsetenv(name)
      taken[name] = secret
      return secret
    }
  }

  /// Takes all secrets that an inventory may need, before any program is started.
  static func takeAll(of inventory: Inventory) {
    let sources =
      [inventory.ca.passphrase, inventory.ssh.password].compactMap(\.self)
      + inventory.hosts.compactMap(\.ssh.password)
      + inventory.left.values.compactMap(\.ssh.password)
      + inventory.acme.values.compactMap(\.externalAccount?.macKey)
    for case .environment(let name) in sources { _ = take(name) }
    takeUsual()
  }

  /// Takes those that have fixed names, before a program prints the inventory with the names of the others.
  static func takeUsual() {
    _ = take("PGPASSWORD")
    _ = take(usualPassphrase)
  }
}
