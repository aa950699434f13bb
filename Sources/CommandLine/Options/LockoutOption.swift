import ArgumentParser

/// The option of commands that plan firewalls.
struct LockoutOption: ParsableArguments {
  @Flag(
    name: .customLong("allow-lockout"),
    help: """
      Also plan firewalls that would block the controller. Such a host rolls back automatically if the \
      controller cannot connect again.
      """)
  var isAllowed = false
}
