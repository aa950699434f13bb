/// What the owner of an account tells the server (RFC 8555, 7.3).
package struct Registration: Sendable {
  /// Such as `mailto:ops@shop.example`.
  package var contact: [String]
  /// Whether the user agrees to the server's terms.
  package var termsAgreed: Bool
  /// The customer's credentials, if the server asks for them.
  package var externalAccount: ExternalAccount?

  package init(
    contact: [String] = [], termsAgreed: Bool, externalAccount: ExternalAccount? = nil
  ) {
    self.contact = contact
    self.termsAgreed = termsAgreed
    self.externalAccount = externalAccount
  }
}

extension ACMEClient {
  private struct NewAccount: Encodable {
    var contact: [String]?
    var termsOfServiceAgreed: Bool?
    var onlyReturnExisting: Bool?
    var externalAccountBinding: SignedMessage?
  }
  private struct Account: Decodable {
    var status: String
    var contact: [String]?
  }
  private struct Contact: Encodable { var contact: [String] }

  /// Finds the account of the key, or makes one.
  ///
  /// - Returns: the account's URL.
  @discardableResult
  package func register(_ registration: Registration) async throws(ACMEError) -> String {
    let action = "register an account"
    let directory = try await directory()
    var request = NewAccount(
      contact: registration.contact.isEmpty ? nil : registration.contact,
      termsOfServiceAgreed: registration.termsAgreed ? true : nil)
    if directory.meta?.termsOfService != nil, !registration.termsAgreed {
      let terms = directory.meta?.termsOfService ?? ""
      throw failure(
        .problem(.userActionRequired), action,
        "read its terms of service (\(terms)), and if you agree, write \"terms_agreed: true\"")
    }
    request.externalAccountBinding = registration.externalAccount.map {
      SignedMessage(binding: key, to: $0, at: directory.newAccount)
    }
    let response = try await post(JSON.encode(request), to: directory.newAccount, action)
    let found = try decode(Account.self, response, action)
    guard let url = response.field("location") else {
      throw failure(.unreachable, action, "the server gives the account no URL")
    }
    guard found.status == "valid" else {
      throw failure(.problem(.unauthorized), action, "the account is \(found.status)")
    }
    remember(account: url)
    if !registration.contact.isEmpty, let contact = found.contact, contact != registration.contact {
      _ = try await post(JSON.encode(Contact(contact: registration.contact)), to: url, action)
    }
    return url
  }
}
