/// What a configuration is made for: two hosts that differ in it may need different directives.
struct Platform: Hashable, Sendable {
  var nginx: Version
  /// Without IPv6 in the kernel, nginx does not start if it is told to listen on an IPv6 address.
  var hasIPv6: Bool
}
