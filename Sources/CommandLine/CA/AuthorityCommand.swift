import ArgumentParser

/// The name that `deploy ca` had in version 0.1.0.
struct AuthorityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "authority", shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough) var rest: [String] = []

  func run() throws {
    throw ValidationError("\"deploy authority\" is now called \"deploy ca\".")
  }
}

/// The name that `deploy rotate ca` had in version 0.1.0.
struct RotateAuthorityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "authority", shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough) var rest: [String] = []

  func run() throws {
    throw ValidationError("\"deploy rotate authority\" is now called \"deploy rotate ca\".")
  }
}
