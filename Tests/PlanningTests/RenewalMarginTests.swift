import Fleet
import Inventories
import Planning
import Testing

@Suite("When a host's certificates are renewed")
struct RenewalMarginTests {
  private func margins(_ policy: LeafPolicy) -> [Int64] {
    (0..<400).compactMap { HostName("app-\($0)") }.map { policy.renewalMargin(of: $0) }
  }

  @Test("A fleet is spread evenly over a quarter of renew_before")
  func spread() {
    let policy = LeafPolicy(validFor: .days(365), renewBefore: .days(32))
    let days = margins(policy).map { $0 / 86_400 }
    #expect(days.allSatisfy { (32..<40).contains($0) })
    for day in 32..<40 as Range<Int64> {
      #expect((25...75).contains(days.count { $0 == day }), "\(day): \(days.count { $0 == day })")
    }
    #expect(margins(policy) == margins(policy))
  }

  @Test("No certificate is due when it is issued")
  func neverAtOnce() {
    let policy = LeafPolicy(validFor: .days(30), renewBefore: .days(29))
    #expect(margins(policy).allSatisfy { $0 >= 29 * 86_400 && $0 < 30 * 86_400 })
    #expect(Set(margins(policy)).count > 100)
    let closest = LeafPolicy(validFor: .seconds(3601), renewBefore: .seconds(3600))
    #expect(Set(margins(closest)) == [3600])
  }
}
