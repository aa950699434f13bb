import ArgumentParser

/// The option of commands that plan firewalls.
struct LockoutOption: ParsableArguments {
  @Flag(
    name: .customLong("allow-lockout"),
    help: "Plan firewalls too that shut this controller out; such a host goes back by itself.")
  var isAllowed = false
}
