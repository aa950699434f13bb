/// A DNS server that is asked, such as `198.18.0.1` or `[2001:db8::1]:8053`.
package struct DNSServer: ValidatedText {
  package let address: IPAddress
  package let port: Port
  package static let noun = "a name server's address"
  package static let rule =
    "one host's, written like 198.51.100.7, 198.51.100.7:5353 or [2001:db8::7]:5353"

  package init(_ address: IPAddress, port: Port = .dns) {
    self.address = address
    self.port = port
  }

  /// Reads `address[:port]`; an IPv6 address with a port is in brackets.
  package init?(_ text: String) {
    if let address = IPAddress(text)?.ofOneHost {
      self.init(address)
      return
    }
    guard let colon = text.lastIndex(of: ":"), let number = Int(text[text.index(after: colon)...]),
      let port = Port(number)
    else { return nil }
    let host = text[..<colon]
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    let address = IPAddress(String(isBracketed ? host.dropFirst().dropLast() : host))
    switch address {
    case .v4? where !isBracketed, .v6? where isBracketed: break
    default: return nil
    }
    guard let address else { return nil }
    self.init(address, port: port)
  }

  package var text: String {
    port == .dns ? address.description : "\(address.inURL):\(port)"
  }
}
