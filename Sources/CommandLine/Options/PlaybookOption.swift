import ArgumentParser

/// The option of commands that roll a plan out.
struct PlaybookOption: ParsableArguments {
  @Option(name: .shortAndLong, help: "The playbook; by default rolling.", completion: .yaml)
  var playbook: String?
}
