internal import COpenSSL

/// Which end of a TLS connection a certificate is for. A certificate is for one end only, so that
/// a stolen certificate of a back-end cannot be used to connect to another one.
package enum CertificateRole: String, Hashable, Sendable, CaseIterable {
  /// Back-ends.
  case server
  /// Front-ends.
  case client

  /// The lowest bit of the serial number: odd for servers, even for clients. It helps readers of logs
  /// and has no effect on security.
  var serialParity: UInt8 {
    switch self {
    case .server: 1
    case .client: 0
    }
  }

  /// RFC 5280, 4.2.1.12, in the syntax of OpenSSL's configuration files.
  var extendedKeyUsage: String {
    switch self {
    case .server: "serverAuth"
    case .client: "clientAuth"
    }
  }

  /// The purpose that OpenSSL checks in the handshake.
  var purpose: Int32 {
    switch self {
    case .server: X509_PURPOSE_SSL_SERVER
    case .client: X509_PURPOSE_SSL_CLIENT
    }
  }
}
