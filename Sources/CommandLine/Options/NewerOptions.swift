import ArgumentParser

/// The option of commands that change hosts.
struct NewerOptions: ParsableArguments {
  @Flag(
    name: .customLong("override-newer"),
    help: """
      Replace releases that another copy of the state has installed since. What they revoke or retire stays \
      revoked or retired.
      """)
  var overridesNewer = false
}
