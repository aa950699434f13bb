import Certificates
import Files
import Fleet
import SystemPackage

/// A credential that systemd gives to a service (`LoadCredential=` of systemd.exec(5)): a file in the folder that
/// $CREDENTIALS_DIRECTORY names, which only the service can read.
struct Credential {
  let name: String
  /// What it is, for messages: "passphrase" or "password".
  let secret: String

  /// The folder of the service's credentials; nil if no service with credentials runs `deploy`.
  static var folder: String? { EnvironmentVariable.value("CREDENTIALS_DIRECTORY") }

  /// - Throws: `Failure` that says how the service gets the credential.
  func read(in folder: String) throws -> [UInt8] {
    do throws(FileError) {
      return try FileReader.read("\(folder)/\(name)", as: .credential)
    } catch {
      guard error.reason == .missing else { throw error }
      throw Failure(
        .failed,
        "the service has no credential \"\(name)\", which the inventory names as the \(secret): add it to the unit"
          + " with\n    LoadCredential=\(name):PATH")
    }
  }

  /// Why there is no secret if `deploy` was not started by such a service and there is no terminal either.
  var instead: String {
    "the inventory takes the \(secret) from the credential \"\(name)\" of a systemd service, and deploy runs in none"
      + " ($CREDENTIALS_DIRECTORY is not set). Start the service, or run deploy with\n    systemd-run --pty"
      + " --same-dir --property LoadCredential=\(name):PATH deploy …"
  }
}
