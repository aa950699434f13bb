import Certificates
import Dispatch
import Foundation

/// Makes as many keys and certificates as the argument says, on one core and on all, and prints the
/// seconds of both. Half are for front-ends, half for back-ends.
let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1000
let now = Int64(Date().timeIntervalSince1970)
let passphrase = Secret(copying: UUID().uuidString.utf8)
let ca = try CertificateAuthority.unlock(
  CertificateAuthority.create(
    CARequest(commonName: "Bench Center", key: .ecdsaP256, validFor: 3650 * 86_400),
    passphrase: passphrase, now: now), passphrase: passphrase)

@Sendable func issue(_ number: Int) {
  do {
    _ = try ca.issue(
      LeafRequest(
        role: number.isMultiple(of: 2) ? .server : .client, commonName: "host-\(number)",
        dnsNames: ["host-\(number).bench.example", "bench.example"], key: .ecdsaP256,
        validFor: 365 * 86_400), now: now)
  } catch {
    fatalError("\(error)")
  }
}

func seconds(_ work: () -> Void) -> Double {
  let elapsed = ContinuousClock().measure(work).components
  return Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
}

let one = seconds { for number in 0..<count { issue(number) } }
let all = seconds { DispatchQueue.concurrentPerform(iterations: count) { issue($0) } }
print(String(format: "%.3f %.3f", one, all))
