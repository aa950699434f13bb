package import Inventories

/// What is public about an ACME account: the thumbprint of its key, and its URL at each server.
package struct ACMEAccountRecord: Codable, Hashable, Sendable {
  private var format = 1
  private var thumbprintText: String
  /// The account's URL, by the URL of the server's directory.
  package var registrations: [String: String]

  private enum CodingKeys: String, CodingKey {
    case format, registrations
    case thumbprintText = "thumbprint"
  }

  package init(thumbprint: AccountThumbprint, registrations: [String: String] = [:]) {
    thumbprintText = thumbprint.text
    self.registrations = registrations
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    format = try values.supportedFormat(forKey: .format)
    thumbprintText = try values.decode(String.self, forKey: .thumbprintText)
    registrations = try values.decode([String: String].self, forKey: .registrations)
    guard AccountThumbprint(thumbprintText) != nil else {
      throw DecodingError.dataCorruptedError(
        forKey: .thumbprintText, in: values, debugDescription: "not a thumbprint")
    }
  }

  package var thumbprint: AccountThumbprint {
    guard let thumbprint = AccountThumbprint(thumbprintText) else {
      preconditionFailure("A record has no thumbprint. This is a bug in deploy.")
    }
    return thumbprint
  }
}
