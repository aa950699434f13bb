/// One line of a history of runs: what became known of a run at one moment.
package enum RunEntry: Hashable, Sendable {
  package static let currentVersion = 1

  case begun(RunStart)
  case planned(RunID, RunPlan)
  case ended(RunID, RunEnd)
}

extension RunEntry: Codable {
  private enum Key: String, CodingKey { case version, begun, planned, ended, run }

  /// In JSON an entry is an object with its version, the name of its run, and one more key that says which entry
  /// it is.
  package init(from decoder: any Decoder) throws {
    let entry = try decoder.container(keyedBy: Key.self)
    let version = try entry.decode(Int.self, forKey: .version)
    guard version <= Self.currentVersion else {
      throw DecodingError.dataCorruptedError(
        forKey: .version, in: entry,
        debugDescription: "a newer deploy wrote it, with version \(version)")
    }
    if entry.contains(.begun) {
      self = .begun(try entry.decode(RunStart.self, forKey: .begun))
    } else if entry.contains(.planned) {
      self = .planned(
        try entry.decode(RunID.self, forKey: .run), try entry.decode(RunPlan.self, forKey: .planned)
      )
    } else {
      self = .ended(
        try entry.decode(RunID.self, forKey: .run), try entry.decode(RunEnd.self, forKey: .ended))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var entry = encoder.container(keyedBy: Key.self)
    try entry.encode(Self.currentVersion, forKey: .version)
    switch self {
    case .begun(let start): try entry.encode(start, forKey: .begun)
    case .planned(let id, let plan):
      try entry.encode(id, forKey: .run)
      try entry.encode(plan, forKey: .planned)
    case .ended(let id, let end):
      try entry.encode(id, forKey: .run)
      try entry.encode(end, forKey: .ended)
    }
  }
}

extension RunEntry {
  /// Throws the first value that a history must not have, with its place: anyone may have edited the file.
  package func check() throws(StateMistake) {
    switch self {
    case .begun(let start): try start.check(ValuePlace.root.at("begun"))
    case .planned(_, let plan): try plan.check(ValuePlace.root.at("planned"))
    case .ended(_, let end): try end.check(ValuePlace.root.at("ended"))
    }
  }
}

extension RunStart {
  fileprivate func check(_ place: ValuePlace) throws(StateMistake) {
    try place.at("fleet").check(fleet, is: .fleetName)
    try place.at("user").check(user, is: .line)
    try place.at("machine").check(machine, is: .line)
    try place.at("version").check(version, is: .line)
    try place.at("command").check(command, are: .line)
    try place.at("process").at("id").check(process.id, in: 0...Int32.max)
    if let start = process.start {
      try place.at("process").at("start").check(start, is: .word)
    }
  }
}

extension RunPlan {
  fileprivate func check(_ place: ValuePlace) throws(StateMistake) {
    try place.at("digest").check(digest, is: .hex)
    try place.at("summary").check(summary, is: .line)
    try place.at("lines").check(lines, are: .line)
    try place.at("omitted").check(omitted, in: 0...1_000_000_000)
  }
}

extension RunEnd {
  fileprivate func check(_ place: ValuePlace) throws(StateMistake) {
    try place.at("exit").check(exit, in: 0...255)
    if let failure { try place.at("failure").check(failure, is: .line) }
    try place.at("warnings").check(warnings, are: .line)
    try place.at("results").check(results) { place, result throws(StateMistake) in
      try place.at("result").check(result.result, is: .line)
      try place.at("detail").check(result.detail, is: .line)
    }
    try place.at("certificates").check(certificates) { place, certificate throws(StateMistake) in
      try place.at("detail").check(certificate.detail, is: .line)
    }
  }
}

extension RunRecord {
  /// The runs of a history's entries, newest first. Entries of a run whose beginning is lost are left out.
  package static func all(of entries: [RunEntry]) -> [RunRecord] {
    var runs: [RunID: RunRecord] = [:]
    var order: [RunID] = []
    for entry in entries {
      switch entry {
      case .begun(let start):
        if runs[start.id] == nil { order.append(start.id) }
        runs[start.id] = RunRecord(start: start)
      case .planned(let id, let plan): runs[id]?.plan = plan
      case .ended(let id, let end): runs[id]?.end = end
      }
    }
    // The log has them in the order of their beginning, which a clock that was set back does not change.
    return order.reversed().compactMap { runs[$0] }
  }
}
