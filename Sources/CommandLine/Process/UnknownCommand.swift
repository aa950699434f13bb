import ArgumentParser
import Diagnostics

/// A command name that does not exist, with the name that the user probably meant.
///
/// ArgumentParser suggests names for options only, and calls an unknown command an unexpected
/// argument.
struct UnknownCommand: CustomStringConvertible {
  private let name: String
  /// The command whose subcommand it should be, such as `deploy ca`.
  private let parent: String
  /// The commands that exist there, without those of earlier versions.
  private let known: [String]

  /// Nil if every command that the arguments name exists, or if ArgumentParser has to decide that.
  init?(in arguments: some Sequence<String>, of root: any ParsableCommand.Type) {
    var (subcommands, path) = (root.configuration.subcommands, [Self.name(of: root)])
    for argument in arguments {
      // The help command and options, such as --version, are ArgumentParser's.
      guard !subcommands.isEmpty, !argument.hasPrefix("-"), argument != "help" else { return nil }
      guard let next = subcommands.first(where: { Self.name(of: $0) == argument }) else {
        name = argument
        parent = path.joined(separator: " ")
        known = subcommands.filter { $0.configuration.shouldDisplay }.map { Self.name(of: $0) }
        return
      }
      subcommands = next.configuration.subcommands
      path.append(argument)
    }
    return nil
  }

  /// The name under which a command is called.
  private static func name(of command: any ParsableCommand.Type) -> String {
    command.configuration.commandName ?? ""
  }

  var description: String {
    let advice =
      if let meant = Suggestion.nearest(to: name, among: known) {
        "did you mean \(meant.quoted)?"
      } else {
        "the commands are \(known.joined(separator: ", "))."
      }
    return """
      There is no command \(name.quoted) in "\(parent)": \(advice)
        See '\(parent) --help' for more information.
      """
  }
}
