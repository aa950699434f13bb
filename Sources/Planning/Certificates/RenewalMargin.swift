package import Fleet
package import Inventories

extension LeafPolicy {
  /// How long before they expire a host's certificates are renewed: `renew_before` plus up to a quarter
  /// of it, derived from the host's name. Renewals are spread out that way, so hosts deployed on the
  /// same day do not all renew on the same day.
  ///
  /// - Returns: seconds; less than the certificates are valid for.
  package func renewalMargin(of host: HostName) -> Int64 {
    let room = min(renewBefore.seconds, validFor.seconds - renewBefore.seconds) / 4
    guard room > 0 else { return renewBefore.seconds }
    return renewBefore.seconds + Int64(Spread.hash(host.text) % UInt64(room))
  }
}

/// Spreads out what would otherwise happen to many hosts or sites at one time.
enum Spread {
  /// The same on every machine and in every run: FNV-1a, mixed once more (the finalizer of MurmurHash3)
  /// because its high bits hardly depend on the last letter.
  static func hash(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    return hash ^ (hash >> 33)
  }
}
