/// The properties of a host on which its configuration depends: different hosts may need different directives.
struct Platform: Hashable, Sendable {
  var nginx: Version
  /// Without IPv6 in the kernel, nginx does not start if it has to listen on an IPv6 address.
  var hasIPv6: Bool
}
