/// A random number generator that gives the same numbers for the same seed, so that a failure can be
/// repeated.
///
/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// With the seed of `DEPLOY_SEED`, or one that is printed so that it can be given there.
  package static func announced() -> SeededGenerator {
    let seed = TestSetting.number("DEPLOY_SEED") ?? UInt64.random(in: .min ... .max)
    print("DEPLOY_SEED=\(seed) repeats these moments")
    return SeededGenerator(seed: seed)
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
