/// The encryption with which keys of ordered certificates and of ACME accounts are kept: the one of the CA's own keys.
package enum SealedKey {
  /// Encrypts a key.
  ///
  /// - Parameters:
  ///   - keyPEM: unencrypted PKCS#8.
  ///   - name: how errors name the key.
  package static func seal(
    _ keyPEM: Secret, named name: String, passphrase: Secret
  ) throws(CertificateError) -> String {
    try EncryptedPrivateKey.seal(
      PrivateKey.read(keyPEM, named: name), named: name, passphrase: passphrase)
  }

  /// A key in the form in which ``open(_:named:passphrase:)`` returns it: unencrypted PKCS#8.
  package static func normalized(
    _ keyPEM: Secret, named name: String
  ) throws(CertificateError) -> Secret {
    try PrivateKey.read(keyPEM, named: name).pem()
  }

  /// Decrypts a key.
  ///
  /// - Returns: unencrypted PKCS#8 in PEM, the same bytes each time.
  package static func open(
    _ pem: String, named name: String, passphrase: Secret
  ) throws(CertificateError) -> Secret {
    try EncryptedPrivateKey.open(pem, named: name, passphrase: passphrase).pem()
  }

  /// Encrypts a key with another passphrase.
  package static func reseal(
    _ pem: String, named name: String, passphrase: Secret, newPassphrase: Secret
  ) throws(CertificateError) -> String {
    let key = try EncryptedPrivateKey.open(pem, named: name, passphrase: passphrase)
    return try EncryptedPrivateKey.seal(key, named: name, passphrase: newPassphrase)
  }
}
