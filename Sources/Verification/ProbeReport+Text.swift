import Certificates
import State

extension ProbeReport {
  /// The answer to the probe's request: a status code, or why there is none.
  var answerText: String {
    switch answer {
    case .status(let status): "\(status)"
    case .refusedHandshake(let error): "\(error)"
    case .closed: "the connection was closed without an answer"
    case .notHTTP: "the answer is not HTTP"
    }
  }

  /// A sentence if another certificate is served than the recorded one.
  ///
  /// - Parameter record: the certificate that should be served; nil if that is unknown.
  func mismatch(with record: CertificateRecord?) -> [String] {
    guard let record, let leaf = served.first, leaf.serial != record.serial else { return [] }
    return [
      "the server presents certificate \(CertificateRecord.short(leaf.serial)), but the state records"
        + " \(record.shortSerial)"
    ]
  }
}
