import ArgumentParser

/// The option `--playbook`: the file with the settings of a rollout.
struct PlaybookOption: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Playbook file. Without it, the built-in \"rolling\".", valueName: "file"),
    completion: .yaml)
  var playbook: String?
}
