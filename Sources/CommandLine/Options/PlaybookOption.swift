import ArgumentParser

/// The option that names the playbook of a rollout.
struct PlaybookOption: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Playbook file. Without it, the built-in \"rolling\".", valueName: "file"),
    completion: .yaml)
  var playbook: String?
}
