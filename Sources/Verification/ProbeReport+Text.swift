import Certificates
import State

extension ProbeReport {
  var answerText: String {
    switch answer {
    case .status(let status): "\(status)"
    case .refusedHandshake(let error): "\(error)"
    case .closed: "the connection was closed without an answer"
    case .notHTTP: "what is no HTTP"
    }
  }

  /// - Parameter record: the certificate that should be served, where it is known.
  func mismatch(with record: CertificateRecord?) -> [String] {
    guard let record, let leaf = served.first, leaf.serial != record.serial else { return [] }
    return [
      "certificate \(CertificateRecord.short(leaf.serial)) is served, not"
        + " \(record.shortSerial) as the"
        + " state has it"
    ]
  }
}
