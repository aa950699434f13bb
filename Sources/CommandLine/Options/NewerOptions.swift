import ArgumentParser

/// The option `--override-newer`, without which a run stops if a host has a newer release than the
/// state knows.
struct NewerOptions: ParsableArguments {
  @Flag(
    name: .customLong("override-newer"),
    help: """
      Continue although a host has a release that this copy of the state does not know. Revocations and \
      retired CAs in it are kept.
      """)
  var overridesNewer = false
}
