internal import Diagnostics
import Fleet
internal import YAML

extension Container {
  /// Reads `container:` of a back-end; nil if a part is missing or wrong.
  ///
  /// - Parameter defaults: the `ssh` settings of the inventory. Jump hosts and host keys are not
  ///   taken from them, because the container is reached through its host.
  /// - Returns: the container, and the host that it becomes; with the place of its address.
  static func read(
    _ entry: Node.Entry, of containerHost: Host, _ defaults: SSHSettings,
    _ found: inout DiagnosticCollector
  ) -> Placed<(container: Container, host: Host)>? {
    guard let fields = Fields<ContainerField>(entry.value, at: entry.place, &found) else {
      return nil
    }
    let port = fields[.port].map { $0.port(&found) } ?? .https
    let published = fields[.publish].map { $0.port(&found) } ?? port
    let usual = defaults.behindHost
    let ssh = fields[.ssh].map { SSHSettings.read($0, over: usual, &found) } ?? usual
    if !ssh.jumps.isEmpty {
      found.report(
        .jumpIntoContainer(of: containerHost.name, at: fields.entry(.ssh)?.place ?? entry.place))
    }
    guard let node = fields.required(.address, &found), let address = node.address(&found) else {
      return nil
    }
    guard address.bitWidth == 32, containerHost.address.bitWidth == 32 else {
      found.report(.containerNeedsIPv4(of: containerHost.name, at: node.place))
      return nil
    }
    guard let address = address.ofOneHost, address != containerHost.address else {
      found.report(.unusableAddress(address, at: node.place))
      return nil
    }
    let network = network(fields[.network], around: address, &found)
    guard let name = Container.name(on: containerHost.name) else {
      found.report(.containerNameTooLong(containerHost.name, at: entry.place))
      return nil
    }
    guard let network, let port, let published else { return nil }
    let container = Container(
      host: name, address: address, network: network, port: port, published: published)
    let host = Host(
      name: name, roles: [.backEnd], address: address, labels: containerHost.labels, ssh: ssh,
      place: entry.place)
    return Placed(value: (container, host), place: node.place)
  }

  /// The network behind the container host: as written, or the /24 around the container's address.
  private static func network(
    _ node: Node?, around address: IPAddress, _ found: inout DiagnosticCollector
  ) -> AddressRange? {
    guard let node else { return AddressRange.network(around: "\(address)/24") }
    guard let network = node.range(&found) else { return nil }
    guard network.contains(address) else {
      found.report(.containerOutsideNetwork(address, network, at: node.place))
      return nil
    }
    return network
  }
}

extension DeclaredHosts {
  /// Turns the containers of back-ends into hosts of their own, when all hosts are known.
  ///
  /// The container gets the role of the back-end, and its host loses that role. Names and ports
  /// that conflict with those of hosts are reported.
  mutating func separateContainers(_ found: inout DiagnosticCollector) {
    for (name, declared) in containers.sorted(by: { $0.value.place < $1.value.place }) {
      let (container, host) = declared.value
      guard var containerHost = hosts[name] else { continue }
      if let other = hosts[container.host] {
        found.report(.containerNamedLikeHost(container.host, at: other.value.place))
        continue
      }
      containerHost.value.roles.remove(.backEnd)
      hosts[name] = containerHost
      var guest = host
      guest.placement = .behind(containerHost.value)
      hosts[guest.name] = Placed(value: guest, place: declared.place)
      checkPorts(of: container, on: containerHost.value, at: host.place, &found)
    }
  }

  /// Reports a published port on which the container host itself listens: for SSH or as a
  /// front-end.
  private func checkPorts(
    of container: Container, on containerHost: Host, at place: SourcePlace,
    _ found: inout DiagnosticCollector
  ) {
    if container.published == containerHost.ssh.port {
      found.report(
        .portConflict(
          container.published, on: containerHost.name, "SSH", "the published port of its container",
          at: place))
    }
    if containerHost.roles.contains(.frontEnd), [.http, .https].contains(container.published) {
      found.report(
        .portConflict(
          container.published, on: containerHost.name, "a public port of the front-end",
          "the published port of its container", at: place))
    }
  }
}
