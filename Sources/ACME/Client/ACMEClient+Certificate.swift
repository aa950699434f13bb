import Certificates
package import Fleet

extension ACMEClient {
  private struct Revocation: Encodable {
    var certificate: String
    var reason: Int
  }

  /// Downloads the certificate of a valid order: PEM, leaf first.
  ///
  /// - Parameter root: the common name of the CA in which the chain should end; the server's default chain is
  ///   returned if it offers no such chain.
  package func certificate(
    of placed: PlacedOrder, endingIn root: String? = nil
  ) async throws(ACMEError) -> String {
    let action = "download the certificate for \(placed.names)"
    guard let url = placed.order.certificate else {
      throw failure(.orderInvalid, action, "the order has no certificate")
    }
    let response = try await read(url, action)
    let usual = try chain(response, action)
    guard let root, try !ends(usual, in: root, action) else { return usual }
    for alternate in response.links("alternate") {
      let chain = try chain(try await read(alternate, action), action)
      if try ends(chain, in: root, action) { return chain }
    }
    return usual
  }

  private func chain(_ response: HTTPResponse, _ action: String) throws(ACMEError) -> String {
    guard let text = String(validating: response.body, as: UTF8.self) else {
      throw failure(.unreachable, action, "the answer is not a certificate")
    }
    do {
      _ = try CertificateFacts.readAll(pem: text, named: "the server's answer")
    } catch {
      throw failure(.unreachable, action, "\(error)")
    }
    return text
  }

  private func ends(_ chain: String, in root: String, _ action: String) throws(ACMEError) -> Bool {
    do {
      return try CertificateFacts.readAll(pem: chain, named: "the server's answer").last?
        .issuerCommonName == root
    } catch {
      throw failure(.unreachable, action, "\(error)")
    }
  }

  /// Revokes a certificate of this account (RFC 8555, 7.6).
  ///
  /// - Parameters:
  ///   - certificate: in DER.
  ///   - reason: the number of RFC 5280, 5.3.1; 0 for none.
  package func revoke(_ certificate: [UInt8], reason: Int) async throws(ACMEError) {
    let action = "revoke a certificate"
    let message = Revocation(certificate: Base64URL.encode(certificate), reason: reason)
    do throws(ACMEError) {
      _ = try await post(JSON.encode(message), to: try await directory().revokeCert, action)
    } catch  where error.code == .problem(.alreadyRevoked) {
      return
    }
  }

  /// When the server suggests to renew a certificate; nil if it makes no suggestions.
  ///
  /// - Returns: the suggestion, and when to ask for it again.
  package func renewal(
    of certificate: CertificateIdentifier
  ) async throws(ACMEError) -> (info: RenewalInfo, next: Timestamp)? {
    let action = "ask when to renew"
    guard let base = try await directory().renewalInfo else { return nil }
    let separator = base.hasSuffix("/") ? "" : "/"
    let response = try await answer(to: .init(.get, base + separator + "\(certificate)"), action)
    let info = try decode(RenewalInfo.self, response, action)
    let hours: Int64 = 6
    let usual = clock.now.adding(seconds: hours * 3600)
    return (info, response.retryTime(from: clock.now) ?? usual)
  }
}
