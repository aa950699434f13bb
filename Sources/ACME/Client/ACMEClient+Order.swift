package import Fleet

extension ACMEClient {
  private struct NewOrder: Encodable {
    var identifiers: [Identifier]
    var profile: String?
    var replaces: String?
  }
  private struct Finalization: Encodable { var csr: String }

  /// Orders a certificate.
  ///
  /// - Parameters:
  ///   - names: DNS names; `*.` may begin one.
  ///   - profile: the kind of certificate, if the server offers several.
  ///   - replaced: the certificate that is renewed, for servers with ``RenewalInfo``.
  package func order(
    _ names: [String], profile: String? = nil, replacing replaced: CertificateIdentifier? = nil
  ) async throws(ACMEError) -> PlacedOrder {
    let action = "order a certificate for \(names.joined(separator: ", "))"
    let directory = try await directory()
    let request = NewOrder(
      identifiers: names.map { Identifier(domain: $0) }, profile: profile,
      replaces: directory.renewalInfo == nil ? nil : replaced?.description)
    let response = try await post(JSON.encode(request), to: directory.newOrder, action)
    guard let url = response.field("location") else {
      throw failure(.unreachable, action, "the server gives the order no URL")
    }
    return PlacedOrder(url: url, order: try decode(Order.self, response, action))
  }

  /// Orders a certificate in place of another one; without saying so if the server refuses that: because it was replaced
  /// already (RFC 9773, 7.4), or because it is of another account.
  package func renew(
    _ names: [String], profile: String?, replacing replaced: CertificateIdentifier?
  ) async throws(ACMEError) -> PlacedOrder {
    do throws(ACMEError) {
      return try await order(names, profile: profile, replacing: replaced)
    } catch {
      guard replaced != nil, case .problem = error.code else { throw error }
    }
    return try await order(names, profile: profile)
  }

  /// The present state of an order; nil if the server does not know the order, or if nothing can be done with it.
  package func usableOrder(at url: String) async throws(ACMEError) -> PlacedOrder? {
    do throws(ACMEError) {
      let placed = try await order(at: url)
      return placed.order.status == .invalid ? nil : placed
    } catch {
      guard case .problem = error.code else { throw error }
      return nil
    }
  }

  /// Reads the present state of an order.
  package func order(at url: String) async throws(ACMEError) -> PlacedOrder {
    let action = "read the order"
    return PlacedOrder(url: url, order: try decode(Order.self, try await read(url, action), action))
  }

  /// Sends the request for the certificate, and waits until it is issued. An order that has got that far
  /// before continues from there.
  ///
  /// - Parameter request: in DER; for the names of the order.
  package func finalize(
    _ placed: PlacedOrder, with request: [UInt8], until deadline: Timestamp
  ) async throws(ACMEError) -> PlacedOrder {
    let action = "get the certificate for \(placed.names)"
    var placed = placed
    if placed.order.status == .ready {
      let response = try await post(
        JSON.encode(Finalization(csr: Base64URL.encode(request))), to: placed.order.finalize, action
      )
      placed.order = try decode(Order.self, response, action)
    }
    placed.order = try await settled(placed, action, until: deadline) {
      $0 == .processing || $0 == .ready
    }
    guard placed.order.status == .valid else {
      throw failure(
        .orderInvalid, action,
        placed.order.error?.text ?? "the order is \(placed.order.status.rawValue)")
    }
    return placed
  }

  /// Reads an order until it has left certain states.
  func settled(
    _ placed: PlacedOrder, _ action: String, until deadline: Timestamp,
    while isWaiting: (Order.Status) -> Bool
  ) async throws(ACMEError) -> Order {
    var poll = Poll(until: deadline)
    var order = placed.order
    while isWaiting(order.status) {
      let response = try await read(placed.url, action)
      order = try decode(Order.self, response, action)
      guard isWaiting(order.status) else { break }
      guard let seconds = poll.delay(after: response, at: clock.now) else {
        throw failure(
          .timedOut, action, "the order is still \(order.status.rawValue) at \(deadline)")
      }
      try await wait(seconds, action)
    }
    return order
  }
}

extension PlacedOrder {
  var names: String { order.identifiers.map(\.value).joined(separator: ", ") }
}

/// When something is asked for again that the server has not finished.
struct Poll {
  private let deadline: Timestamp
  private var count = 0

  init(until deadline: Timestamp) { self.deadline = deadline }

  /// Seconds until the next request; nil if the deadline is before it.
  mutating func delay(after response: HTTPResponse, at now: Timestamp) -> Int64? {
    count += 1
    let usual = now.adding(seconds: min(Int64(count), 10))
    let next = max(response.retryTime(from: now) ?? usual, now.adding(seconds: 1))
    return next <= deadline ? next.secondsSince1970 - now.secondsSince1970 : nil
  }
}
