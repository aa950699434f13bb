import Diagnostics
import Files
import Foundation
import Inventories
import Playbooks
import StateFiles

/// The controller's files that belong to one fleet.
struct Workspace {
  let inventory: Inventory
  let inventoryPath: String
  let statePath: String
  let authorityPath: String
  let networkFiles: NetworkFiles

  /// Reads and checks the inventory; prints what is wrong with it.
  static func open(_ options: FleetOptions) throws -> Workspace {
    let path = try inventoryPath(options)
    var inventory = try read(path, options) { Inventory.read($0) }
    SecretEnvironment.takeAll(of: inventory)
    let stem = URL(filePath: path).deletingPathExtension().relativePath
    let networkFiles = NetworkFiles(stem: stem)
    inventory.networks = try networkFiles.read()
    return Workspace(
      inventory: inventory, inventoryPath: path, statePath: options.state ?? stem + ".state.json",
      authorityPath: stem + ".authority", networkFiles: networkFiles)
  }

  static func playbook(_ path: String?, _ options: FleetOptions) throws -> Playbook? {
    try path.map { try read($0, options) { Playbook.read($0) } }
  }

  /// The playbook that is given, or the one that a command goes by otherwise.
  static func playbook(
    _ path: String?, for command: Playbook.Procedure.Command, _ options: FleetOptions
  ) throws -> Playbook {
    guard let path, let playbook = try playbook(path, options) else {
      return switch command {
      case .apply: .rolling
      case .rotateCertificates: .rotatingCertificates
      case .rotateAuthority: .rotatingAuthority
      }
    }
    guard let other = playbook.procedure?.command, other != command else { return playbook }
    throw Failure(
      .usage,
      "\(path) is a procedure of another command: give it to\n    \(other.rawValue)"
        + " --playbook \(path)")
  }

  private static func read<Value>(
    _ path: String, _ options: FleetOptions,
    _ decode: (SourceText) -> (Value?, [Diagnostic])
  ) throws -> Value {
    let bytes = try Failure.naming(.invalidInput) { () throws(FileError) in
      try FileReader.read(path, as: .inventory)
    }
    let source = SourceText(file: path, bytes: bytes)
    let (value, diagnostics) = decode(source)
    if !diagnostics.isEmpty {
      let renderer = DiagnosticRenderer(
        sources: [source], isColored: options.usesColor(onTerminal: Console.errorIsTerminal))
      Console.error(renderer.render(diagnostics))
    }
    guard let value else { throw Failure(.invalidInput) }
    return value
  }

  private static func inventoryPath(_ options: FleetOptions) throws -> String {
    if let path = options.inventory ?? EnvironmentVariable.value("DEPLOY_INVENTORY") {
      return path
    }
    let folder = "Inventories"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let candidates = names.filter { $0.hasSuffix(".yml") || $0.hasSuffix(".yaml") }.sorted()
    guard candidates.count == 1 else {
      throw Failure(
        .usage,
        "which inventory? Name it with --inventory FILE"
          + (candidates.isEmpty ? "" : ", one of \(candidates.joined(separator: ", "))"))
    }
    return "\(folder)/\(candidates[0])"
  }

  /// A path that the inventory names: absolute, below the home folder, or beside the inventory.
  func resolve(_ path: String) -> String {
    if path.hasPrefix("~/") {
      return HomeFolder.path + path.dropFirst()
    }
    return resolveOutsideHome(path)
  }

  /// The same, with paths below the home folder left as they are.
  func resolveOutsideHome(_ path: String) -> String {
    if path.hasPrefix("/") || path.hasPrefix("~/") { return path }
    let folder = URL(filePath: inventoryPath).deletingLastPathComponent().relativePath
    return folder == "." ? path : "\(folder)/\(path)"
  }
}

extension Error {
  /// The system's own words, without Foundation's around them.
  var reason: String {
    let error = self as NSError
    let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
    guard cause.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
    return String(cString: strerror(Int32(cause.code)))
  }
}
