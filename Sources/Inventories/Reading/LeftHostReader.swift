internal import Diagnostics
import Fleet
internal import YAML

extension LeftHost {
  /// Reads `left:`, the hosts that the inventory no longer declares.
  ///
  /// - Parameters:
  ///   - hosts: the declared hosts, which must not be among them.
  ///   - defaults: the `ssh` settings of the inventory.
  static func read(
    _ node: Node, besides hosts: DeclaredHosts, defaults: SSHSettings,
    _ found: inout DiagnosticCollector
  ) -> [HostName: LeftHost] {
    var left: [HostName: LeftHost] = [:]
    for entry in node.entries(&found) ?? [] {
      let name = entry.name(HostName.self, &found)
      guard
        let fields = Fields<LeftHostField>(
          entry.value, at: entry.place, &found)
      else { continue }
      let isContainer = name.map { Container.containerHost(ofHostNamed: $0.value) != nil } ?? false
      let usual = isContainer ? defaults.behindHost : defaults
      let ssh = fields[.ssh].map { SSHSettings.read($0, over: usual, &found) } ?? usual
      let address = fields[.address].flatMap { $0.hostAddress(&found) }
      guard let name else { continue }
      if let host = hosts.hosts[name.value] {
        found.report(.declaredAndLeft(name.value, at: name.place, first: host.value.place))
      }
      ssh.checkJumps(
        to: name.value, at: [address].compactMap(\.self),
        place: fields.entry(.ssh)?.place ?? entry.place, &found)
      left[name.value] = LeftHost(address: address, ssh: ssh, place: entry.place)
    }
    return left
  }
}

extension SSHSettings {
  /// Reports a jump host that is the host itself, by name or by address.
  ///
  /// - Parameter addresses: those of the host's services.
  func checkJumps(
    to name: HostName, at addresses: [IPAddress], place: SourcePlace,
    _ found: inout DiagnosticCollector
  ) {
    let own = addresses + [address?.numeric].compactMap(\.self)
    for jump in jumps
    where jump.host == name.text || jump.host == address?.text
      || IPAddress(jump.host).map(own.contains) == true
    {
      found.report(.jumpThroughItself(name, jump, at: place))
    }
  }
}
