import Fleet

// The JSON of a state: rare fields are left out if they are empty, and older states without a field are
// still read.

extension KeyedEncodingContainer {
  mutating func encode(_ value: [RetiredCA], forKey key: Key) throws {
    try encodeIfPresent(value.isEmpty ? nil : value, forKey: key)
  }

  mutating func encode(_ value: [FleetKey], forKey key: Key) throws {
    try encodeIfPresent(value.isEmpty ? nil : value, forKey: key)
  }

  mutating func encode(_ value: [HostName: InstalledManifests], forKey key: Key) throws {
    try encodeIfPresent(value.isEmpty ? nil : value, forKey: key)
  }

  mutating func encode(_ value: [HostName: HostDrain], forKey key: Key) throws {
    try encodeIfPresent(value.isEmpty ? nil : value, forKey: key)
  }

  mutating func encode(_ value: [SiteMaintenance], forKey key: Key) throws {
    try encodeIfPresent(value.isEmpty ? nil : value, forKey: key)
  }
}

// A synthesized `init(from:)` uses these methods instead of the general one.
extension KeyedDecodingContainer {
  func decode(_ type: IssuedCertificates.Type, forKey key: Key) throws -> IssuedCertificates {
    try decodeIfPresent(type, forKey: key) ?? IssuedCertificates()
  }

  func decode(_ type: [Revocation].Type, forKey key: Key) throws -> [Revocation] {
    try decodeIfPresent(type, forKey: key) ?? []
  }

  func decode(_ type: [RetiredCA].Type, forKey key: Key) throws -> [RetiredCA] {
    try decodeIfPresent(type, forKey: key) ?? []
  }

  func decode(_ type: [FleetKey].Type, forKey key: Key) throws -> [FleetKey] {
    try decodeIfPresent(type, forKey: key) ?? []
  }

  func decode(
    _ type: [HostName: InstalledManifests].Type, forKey key: Key
  ) throws -> [HostName: InstalledManifests] {
    let isPresent = try contains(key) && !decodeNil(forKey: key)
    return isPresent ? try valuesByHost(key) : [:]
  }

  func decode(
    _ type: [HostName: HostDrain].Type, forKey key: Key
  ) throws -> [HostName: HostDrain] {
    let isPresent = try contains(key) && !decodeNil(forKey: key)
    return isPresent ? try valuesByHost(key) : [:]
  }

  func decode(_ type: [SiteMaintenance].Type, forKey key: Key) throws -> [SiteMaintenance] {
    try decodeIfPresent(type, forKey: key) ?? []
  }

  func decode(_ type: EdgeFacts.Type, forKey key: Key) throws -> EdgeFacts {
    try decodeIfPresent(type, forKey: key) ?? EdgeFacts()
  }

  func decode(
    _ type: CAGeneration.Status.Type, forKey key: Key
  ) throws -> CAGeneration.Status {
    try decodeIfPresent(type, forKey: key) ?? .signing
  }
}
