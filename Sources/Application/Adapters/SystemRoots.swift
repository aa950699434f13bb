package import Certificates
import FoundationEssentials

/// The CAs that the controller trusts, which stand for those that visitors know.
package enum SystemRoots {
  /// Opened once; nil if the controller has none, as a container without the package
  /// `ca-certificates`: nothing can be said then about roots.
  package static let known: KnownRoots? = {
    let (file, folder) = KnownRoots.systemPlaces
    let files = FileManager.default
    let hasFile = files.fileExists(
      atPath: EnvironmentVariable.value(file.variable) ?? file.path)
    let folders = EnvironmentVariable.value(folder.variable) ?? folder.path
    let hasFolder = folders.split(separator: ":").contains { path in
      (try? files.contentsOfDirectory(atPath: String(path)))?.isEmpty == false
    }
    return hasFile || hasFolder ? try? KnownRoots.ofSystem() : nil
  }()
}
