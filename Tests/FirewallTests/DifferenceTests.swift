import Firewall
import Fleet
import Testing

@Suite("Differences between openings")
struct DifferenceTests {
  private static let port = Opening.Target.tcp(FirewallFleet.port(443))

  private static func from(_ ranges: String...) -> [Opening] {
    [Opening(port, from: .ranges(ranges.map(FirewallFleet.range)), why: "")]
  }

  private static let everybody = [Opening(port, from: .everybody, why: "")]

  @Test(
    "are described in words",
    arguments: [
      (from("10.0.0.1"), from("10.0.0.1"), []),
      (from("10.0.0.1"), from("10.0.0.1", "10.0.0.2"), ["443/tcp now also from 10.0.0.2"]),
      (from("10.0.0.1", "10.0.0.2"), from("10.0.0.2"), ["443/tcp no longer from 10.0.0.1"]),
      (
        from("10.0.0.1"), from("10.0.0.2"),
        ["443/tcp now also from 10.0.0.2", "443/tcp no longer from 10.0.0.1"]
      ),
      (from("10.0.0.0/8"), from("10.0.0.0/8", "::1"), ["443/tcp now also from ::1"]),
      (from("10.0.0.0/8"), from("10.1.0.0/16"), ["443/tcp no longer from 10.0.0.0/8"]),
      (from("10.1.0.0/16"), from("10.0.0.0/8"), ["443/tcp now also from 10.0.0.0/8"]),
      ([], from("10.0.0.1"), ["443/tcp now from 10.0.0.1"]),
      (from("10.0.0.1"), [], ["443/tcp closed; was open to 10.0.0.1"]),
      (everybody, [], ["443/tcp closed; was open to everybody"]),
      (everybody, from("10.0.0.1"), ["443/tcp now only from 10.0.0.1"]),
      (from("10.0.0.1"), everybody, ["443/tcp now from everybody"]),
      (
        Opening.withoutFirewall, from("10.0.0.1"),
        ["443/tcp now only from 10.0.0.1", "every other port closed; was open to everybody"]
      ),
    ] as [([Opening], [Opening], [String])])
  func words(old: [Opening], new: [Opening], lines: [String]) {
    #expect(difference(from: old, to: new) == lines)
  }
}
