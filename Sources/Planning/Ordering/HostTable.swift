import Fleet

/// One value for each host of a change, in the order of the hosts' names.
struct HostTable<Value> {
  /// Sorted.
  let hosts: [HostName]
  /// In the order of the hosts.
  private var values: [Value]
  private let positions: [HostName: Int]

  /// - Parameter values: at most one for each host.
  init(_ values: [(host: HostName, value: Value)]) {
    let sorted = values.sorted { $0.host < $1.host }
    hosts = sorted.map(\.host)
    self.values = sorted.map(\.value)
    positions = Dictionary(
      uniqueKeysWithValues: hosts.enumerated().map { position, host in (host, position) })
  }

  /// - Precondition: the table has the host.
  subscript(host: HostName) -> Value {
    get { values[position(of: host)] }
    set { values[position(of: host)] = newValue }
  }

  private func position(of host: HostName) -> Int {
    guard let position = positions[host] else {
      preconditionFailure("\(host) is not part of the change. This is a bug in deploy.")
    }
    return position
  }
}
