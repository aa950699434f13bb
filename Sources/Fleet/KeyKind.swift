/// The kinds of key that an inventory can ask for.
package enum KeyKind: String, Hashable, Sendable, CaseIterable {
  case ecdsaP256 = "ecdsa-p256"
  case ecdsaP384 = "ecdsa-p384"
  case rsa3072 = "rsa-3072"
  case rsa4096 = "rsa-4096"
  case ed25519
}
