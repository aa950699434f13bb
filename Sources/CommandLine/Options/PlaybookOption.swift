import Application
import ArgumentParser

/// The option `--playbook`: the file with the settings of a rollout.
struct PlaybookOption: ParsableArguments {
  @Option(
    name: [.customShort("p"), .customLong("playbook")],
    help: ArgumentHelp(
      "Playbook file. Default: $DEPLOY_PLAYBOOK, or else the built-in one of the command.",
      valueName: "file"),
    completion: .yaml)
  private var option: String?

  /// The file that the option or the variable names; nil for the playbook of the command.
  var playbook: String? { option ?? EnvironmentVariable.value("DEPLOY_PLAYBOOK") }

  /// Whether the option is given.
  var isGiven: Bool { option != nil }
}
