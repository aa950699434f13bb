import ArgumentParser

/// The option `--allow-lockout`, without which a host is blocked if its new firewall would refuse
/// SSH from the controller.
struct LockoutOption: ParsableArguments {
  @Flag(
    name: .customLong("allow-lockout"),
    help: """
      Also plan firewalls that would block the controller. Such a host rolls back automatically if the \
      controller cannot connect again.
      """)
  var isAllowed = false
}
