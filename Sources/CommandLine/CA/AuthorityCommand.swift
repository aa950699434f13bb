import ArgumentParser

/// The name of `deploy ca` in version 0.1.0, which is refused with the new name.
struct AuthorityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "authority", shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough) var rest: [String] = []

  func run() throws {
    throw ValidationError("\"deploy authority\" is now called \"deploy ca\".")
  }
}

/// The name of `deploy rotate ca` in version 0.1.0, which is refused with the new name.
struct RotateAuthorityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "authority", shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough) var rest: [String] = []

  func run() throws {
    throw ValidationError("\"deploy rotate authority\" is now called \"deploy rotate ca\".")
  }
}
