import Certificates
import Files

extension ACMEFolder {
  /// The files of accounts and orders, encrypted with another passphrase; those that have it already are left out.
  ///
  /// Nothing is written.
  func resealed(
    from old: Secret, to new: Secret
  ) throws -> [(path: String, contents: [UInt8])] {
    let (keys, orders) = try files()
    var ready: [(path: String, contents: [UInt8])] = []
    for path in keys {
      let pem = String(decoding: try storage.read(path, as: .caKey), as: UTF8.self)
      if let key = try resealed(pem, at: path, from: old, to: new) {
        ready.append((path, Array(key.utf8)))
      }
    }
    for path in orders {
      guard var record = try read(SiteOrderRecord.self, path) else { continue }
      let unchanged = record
      if let key = record.current?.key.pem {
        record.current?.key.pem = try resealed(key, at: path, from: old, to: new) ?? key
      }
      if let key = record.pending?.key.pem {
        record.pending?.key.pem = try resealed(key, at: path, from: old, to: new) ?? key
      }
      if record != unchanged { ready.append((path, try Self.encode(record))) }
    }
    return ready
  }

  /// Nil if the key has the new passphrase already.
  private func resealed(
    _ pem: String, at path: String, from old: Secret, to new: Secret
  ) throws -> String? {
    do {
      return try SealedKey.reseal(pem, named: path, passphrase: old, newPassphrase: new)
    } catch let error where error.code == .wrongPassphrase {
      do {
        _ = try SealedKey.open(pem, named: path, passphrase: new)
        return nil
      } catch {
        throw CAStoreError("\(path): \(error)")
      }
    } catch {
      throw CAStoreError("\(path): \(error)")
    }
  }
}
