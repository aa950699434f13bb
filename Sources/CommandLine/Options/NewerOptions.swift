import ArgumentParser

/// The option of commands that change hosts.
struct NewerOptions: ParsableArguments {
  @Flag(
    name: .customLong("override-newer"),
    help: """
      Continue although a host has a release that this copy of the state does not know. Revocations and \
      retired CAs in it are kept.
      """)
  var overridesNewer = false
}
