import TestSupport

/// What an operator does in a sequence, drawn from a seed.
struct TwinOperation: CustomStringConvertible {
  enum Kind: CustomStringConvertible {
    case apply
    case change(Change)
    case revoke(host: String)
    /// One of the certificates that are known by then.
    case revokeSerial(choice: Int)
    case rotateCertificates
    case rotateCA(isEmergency: Bool)
    case copyToOther
    case restore(TwinFleet.Part, age: Int)
    case lose(TwinFleet.Part, makesCA: Bool)
    /// A host that was taken over writes another serial into its own manifest.
    case tamper(host: String)

    var description: String {
      switch self {
      case .apply: "apply"
      case .change(let change): "apply with \(change)"
      case .revoke(let host): "revoke \(host)"
      case .revokeSerial(let choice): "revoke --serial, choice \(choice)"
      case .rotateCertificates: "rotate certificates"
      case .rotateCA(let isEmergency): "rotate ca\(isEmergency ? " --emergency" : "")"
      case .copyToOther: "copy the folder to the other operator"
      case .restore(let part, let age): "restore \(part) of \(age) operations ago"
      case .lose(let part, let makes):
        "lose \(part)\(makes && part != .state ? ", ca create" : "")"
      case .tamper(let host): "\(host) edits its manifest"
      }
    }
  }

  enum Change: CaseIterable {
    case port, root, header, backEnds, frontEnds
  }

  enum Cut: CustomStringConvertible {
    case none
    case killed(after: Double)
    case interrupted(after: Double)

    var description: String {
      switch self {
      case .none: ""
      case .killed(let seconds): ", killed after \(seconds) s"
      case .interrupted(let seconds): ", interrupted after \(seconds) s"
      }
    }
  }

  var actor: TwinFleet.Operator
  var kind: Kind
  var cut = Cut.none
  /// Whether the actor has the repository's newest inventory.
  var pulls: Bool
  /// Whether what was cut is given time to come to rest before the next operation.
  var settles: Bool

  var description: String {
    "\(actor)\(pulls ? "" : " (old inventory)"): \(kind)\(cut)"
  }

  /// Whether it is a run of the program that may be cut off.
  var isRun: Bool {
    switch kind {
    case .copyToOther, .restore, .lose, .tamper: false
    default: true
    }
  }

  static func draw(_ generator: inout SeededGenerator) -> TwinOperation {
    var operation = TwinOperation(
      actor: Bool.random(using: &generator) ? .anna : .bert, kind: kind(&generator),
      pulls: Int.random(in: 0..<4, using: &generator) != 0,
      settles: Int.random(in: 0..<3, using: &generator) != 0)
    let seconds = Double(Int.random(in: 2...60, using: &generator)) / 10
    switch Int.random(in: 0..<10, using: &generator) {
    case 0,
      1 where operation.isRun:
      operation.cut = .killed(after: seconds)
    case 2 where operation.isRun: operation.cut = .interrupted(after: seconds)
    default: break
    }
    if case .change = operation.kind { operation.pulls = true }
    return operation
  }

  private static func kind(_ generator: inout SeededGenerator) -> Kind {
    let host = generator.pick(TwinFleet.hosts.filter { !$0.hasSuffix("-3") })
    let part = generator.pick(TwinFleet.Part.allCases)
    let number = Int.random(in: 0..<1000, using: &generator)
    switch Int.random(in: 0..<20, using: &generator) {
    case 0, 1, 2: return .apply
    case 3, 4, 5: return .change(generator.pick(Change.allCases))
    case 6, 7, 8: return .revoke(host: host)
    case 9: return .revokeSerial(choice: number)
    case 10, 11: return .rotateCertificates
    case 12: return .rotateCA(isEmergency: false)
    case 13: return .rotateCA(isEmergency: true)
    case 14: return .copyToOther
    case 15, 16: return .restore(part, age: 1 + number % 4)
    case 17, 18: return .lose(part, makesCA: number.isMultiple(of: 2))
    default: return .tamper(host: host)
    }
  }
}

extension TwinFleet.Wanted {
  /// What the repository says after a change; at least one back-end stays.
  mutating func take(_ change: TwinOperation.Change, _ generator: inout SeededGenerator) {
    switch change {
    case .port: port = port == 8443 ? 9443 : 8443
    case .root: root = root == "/srv/shop" ? "/srv/other" : "/srv/shop"
    case .header: header += 1
    case .frontEnds: frontEnds.formSymmetricDifference(["edge-3"])
    case .backEnds:
      let host = generator.pick(TwinFleet.allBackEnds.keys.sorted())
      let changed = backEnds.symmetricDifference([host])
      backEnds = changed.isEmpty ? ["app-1", "app-2"] : changed
    }
  }
}

extension SeededGenerator {
  /// One of several, of which there is at least one.
  mutating func pick<Value>(_ values: [Value]) -> Value {
    values[Int.random(in: 0..<values.count, using: &self)]
  }
}
