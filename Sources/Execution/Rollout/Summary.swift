package import Fleet

/// The results of all hosts of a run.
package struct Summary: Hashable, Sendable {
  /// The reason of a run that the user stopped.
  package static let interrupted = "interrupted"

  package var results: [HostName: HostResult]
  /// The results of the certificates that were to be ordered, by site.
  package var orders: [DomainName: OrderResult] = [:]
  /// Why the run stopped early; nil if it did not.
  package var stopped: String?
  /// What went wrong without changing the results, such as a hook after the run.
  package var warnings: [String] = []

  package init(results: [HostName: HostResult] = [:], stopped: String? = nil) {
    self.results = results
    self.stopped = stopped
  }

  package var isSuccess: Bool {
    stopped == nil && results.values.allSatisfy(\.isSuccess)
      && orders.values.allSatisfy(\.isSuccess)
  }

  /// The results of a run that continued with a second plan: for each host the later result, unless that is only that
  /// nothing was left to do.
  package func followed(by next: Summary) -> Summary {
    var all = self
    all.results.merge(next.results) { first, second in second == .unchanged ? first : second }
    all.stopped = stopped ?? next.stopped
    all.warnings += next.warnings
    return all
  }
}

/// What happened to an order for a site's certificate.
package enum OrderResult: Hashable, Sendable {
  /// The certificate is there.
  case issued(until: Timestamp)
  /// The command had nothing newer than the current certificate, which is not urgent yet.
  case kept(until: Timestamp)
  /// There is no new certificate; the current one stays.
  case failed(why: String)

  package var isSuccess: Bool {
    switch self {
    case .issued, .kept: true
    case .failed: false
    }
  }

  package var isNew: Bool {
    if case .issued = self { true } else { false }
  }
}

extension OrderResult {
  /// What happened, for readers.
  package var detail: String {
    switch self {
    case .issued(let end): "ordered, valid until \(end.date)"
    case .kept(let end): "nothing newer yet, the present one is valid until \(end.date)"
    case .failed(let why): "not ordered, and the current one stays: \(why)"
    }
  }
}
