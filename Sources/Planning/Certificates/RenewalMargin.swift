package import Fleet
package import Inventories

extension LeafPolicy {
  /// How long before their end a host's certificates are renewed: `renew_before`, and up to a quarter
  /// of it more, by the host's name. What was issued in one run is then not all renewed in one.
  ///
  /// - Returns: seconds; less than the certificates are valid for.
  package func renewalMargin(of host: HostName) -> Int64 {
    let room = min(renewBefore.seconds, validFor.seconds - renewBefore.seconds) / 4
    guard room > 0 else { return renewBefore.seconds }
    return renewBefore.seconds + Int64(Self.hash(host.text) % UInt64(room))
  }

  /// The same on every machine and in every run: FNV-1a, mixed once more, for its high bits hardly
  /// depend on the last letter (Fowler, Noll, Vo; the end of MurmurHash3).
  private static func hash(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    return hash ^ (hash >> 33)
  }
}
