internal import Diagnostics
import Fleet
internal import YAML

/// The addresses of a host as they are written, while the inventory is read.
struct DeclaredAddresses {
  /// In the network `public`.
  let address: AddressPair
  /// Where it is written.
  let place: SourcePlace
  private(set) var others: [NetworkName: AddressPair] = [:]

  /// Reads `address` and `addresses`; nil if the host has no usable public address.
  init?(
    _ fields: Fields<HostField>, of host: HostName?, _ found: inout DiagnosticCollector
  ) {
    var networks: [NetworkName: Placed<AddressPair>] = [:]
    var isPublicDeclared = false
    for entry in fields[.addresses]?.entries(&found) ?? [] {
      let name = entry.name(NetworkName.self, &found)
      if name?.value == .public { isPublicDeclared = true }
      let addresses = entry.value.hostAddresses(&found)
      guard let name, let addresses else { continue }
      networks[name.value] = Placed(value: addresses, place: entry.value.place)
    }
    let declared = networks.removeValue(forKey: .public)
    if let entry = fields.entry(.address) {
      if isPublicDeclared, let host {
        found.report(.publicAddressTwice(host, at: entry.place))
      }
      guard let addresses = entry.value.hostAddresses(&found) else { return nil }
      (address, place) = (addresses, entry.value.place)
    } else if isPublicDeclared {
      guard let declared else { return nil }
      (address, place) = (declared.value, declared.place)
    } else {
      _ = fields.required(.address, &found)
      return nil
    }
    others = networks.mapValues(\.value)
  }
}

extension Node {
  /// Reads the address of one machine, or a list of one IPv4 and one IPv6 address.
  func hostAddresses(_ found: inout DiagnosticCollector) -> AddressPair? {
    guard case .sequence(let elements) = content else {
      return hostAddress(&found).map { AddressPair($0) }
    }
    guard !elements.isEmpty else {
      found.report(
        .emptyList(at: place, reason: "A host needs an address that others reach it at."))
      return nil
    }
    let addresses = elements.compactMap { $0.hostAddress(&found) }
    guard addresses.count == elements.count else { return nil }
    guard Set(addresses.map(\.bitWidth)).count == addresses.count else {
      found.report(.oneFamilyTwice(at: place))
      return nil
    }
    return AddressPair(addresses[0], addresses.count > 1 ? addresses[1] : nil)
  }

  /// Reads the address of one machine, which others can reach.
  func hostAddress(_ found: inout DiagnosticCollector) -> IPAddress? {
    guard let address = address(&found) else { return nil }
    if address.ofOneHost == nil { found.report(.unusableAddress(address, at: place)) }
    return address.ofOneHost
  }
}

extension EdgeNetworks {
  /// Reads `network`: a name for both ends, or a mapping of the two.
  ///
  /// - Parameter defaults: what applies to an end that is not written.
  static func read(
    _ node: Node, over defaults: EdgeNetworks, _ found: inout DiagnosticCollector
  ) -> EdgeNetworks {
    guard case .mapping = node.content else {
      return node.read(NetworkName.self, &found).map { EdgeNetworks(from: $0, to: $0) } ?? defaults
    }
    guard let fields = Fields<EdgeNetworkField>(node, &found) else { return defaults }
    return EdgeNetworks(
      from: fields[.from]?.read(NetworkName.self, &found) ?? defaults.from,
      to: fields[.to]?.read(NetworkName.self, &found) ?? defaults.to)
  }
}
