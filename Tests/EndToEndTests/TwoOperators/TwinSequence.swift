import Foundation
import Sandbox
import TestSupport
import Testing

/// Operations of two operators on one fleet, one after the other, until one shows a fault.
struct TwinSequence {
  let fleet: TwinFleet
  var generator: SeededGenerator
  var tally = TwinTally()
  var stolen = StolenCertificates()
  var faults: [String] = []
  var story: [String] = []
  /// Whether the last run of the program ended well.
  private var hasEndedWell = true
  /// Whether no host is in the middle of something.
  private var isSettled = true
  private var failuresSeen: Set<Visitors.Failure> = []

  init(_ fleet: TwinFleet, seed: UInt64) {
    self.fleet = fleet
    self.generator = SeededGenerator(seed: seed)
  }

  mutating func play() async throws {
    try await stolen.steal(in: fleet)
    for _ in 0..<Int.random(in: 4...8, using: &generator) where faults.isEmpty {
      let operation = TwinOperation.draw(&generator)
      story.append("\(operation)")
      try await perform(operation)
      try await check(endedWell: nil)
    }
    if faults.isEmpty { try await converge() }
    let (counts, _) = try fleet.visitors.answersSoFar()
    tally.requests = counts
  }

  /// The last operator brings the fleet to what the repository says.
  private mutating func converge() async throws {
    let someone = generator.pick(TwinFleet.Operator.allCases)
    story.append("\(someone): converge")
    try fleet.pull(someone)
    try await fleet.settle()
    try await run(["apply"], by: someone, cut: .none)
    try await check(endedWell: nil)
  }

  private mutating func perform(_ operation: TwinOperation) async throws {
    let someone = operation.actor
    tally.operations[name(of: operation.kind), default: 0] += 1
    if case .change(let change) = operation.kind { fleet.wanted.take(change, &generator) }
    if operation.isRun, operation.pulls { try fleet.pull(someone) }
    switch operation.kind {
    case .apply, .change: try await run(["apply"], by: someone, cut: operation.cut)
    case .rotateCertificates:
      try await run(["rotate", "certificates"], by: someone, cut: operation.cut)
    case .revoke(let host):
      try await revoke(stolen.known(of: host), with: [host], operation)
    case .revokeSerial(let choice):
      guard !stolen.all.isEmpty else { return }
      let one = stolen.all[choice % stolen.all.count]
      story.append("  \(one.serial) of \(one.host)")
      try await revoke([one], with: ["--serial", one.serial], operation)
    case .rotateCA(let isEmergency): try await rotateCA(isEmergency, operation)
    case .copyToOther:
      try await fleet.copy(
        .folder, from: fleet.folder(someone).folder, to: fleet.folder(someone.other).folder)
    case .restore(let part, let age):
      let backups = fleet.backups[someone, default: []]
      let backup = backups[max(0, backups.count - age)]
      try await fleet.copy(part, from: backup, to: fleet.folder(someone).folder)
    case .lose(let part, let makesCA):
      try await fleet.lose(part, of: someone)
      if makesCA, part != .state { try await create(by: someone) }
    case .tamper(let host): try await tamper(host)
    }
    if operation.isRun, !isSettled, operation.settles {
      try await fleet.settle()
      isSettled = true
    }
    if operation.isRun { try await fleet.backUp(someone) }
  }

  private mutating func revoke(
    _ certificates: [StolenCertificates.Certificate], with words: [String],
    _ operation: TwinOperation
  ) async throws {
    stolen.attempt(certificates)
    if try await run(
      ["revoke"] + words + ["--reason", "key-compromise"], by: operation.actor, cut: operation.cut)
    {
      stolen.revoke(certificates)
      try await check(endedWell: operation.actor)
    }
  }

  private mutating func rotateCA(
    _ isEmergency: Bool, _ operation: TwinOperation
  ) async throws {
    let before = try await fleet.trusted()
    guard
      try await run(
        ["rotate", "ca"] + (isEmergency ? ["--emergency"] : []), by: operation.actor,
        cut: operation.cut)
    else { return }
    let after = try await fleet.trusted()
    let hosts = fleet.copies[operation.actor, default: fleet.wanted].hosts
    let (old, new) = (
      hosts.reduce(into: Set()) { $0.formUnion(before[$1, default: []]) },
      hosts.reduce(into: Set()) { $0.formUnion(after[$1, default: []]) }
    )
    if new.count != 1 { faults.append("after a rotation hosts trust \(after)") }
    stolen.retire(old.subtracting(new))
    try await check(endedWell: operation.actor)
  }

  private mutating func create(by someone: TwinFleet.Operator) async throws {
    let output = try await fleet.folder(someone).deploy("ca", "create")
    story.append("  ca create: exit \(output.status)")
    if output.status != 0 { story.append(output.all) }
  }

  /// A serial that was never issued, in place of the one that the host has.
  private mutating func tamper(_ host: String) async throws {
    let own = stolen.known(of: host).last?.serial ?? "00"
    let output = try await fleet.scene.on(
      host,
      "[ ! -e /etc/deploy/current/manifest ] || sed -i \"s/$1/00112233445566778899aabbccddeeff/g\" /etc/deploy/current/manifest",
      own)
    #expect(output.status == 0, "\(output.all)")
  }

  private func name(of kind: TwinOperation.Kind) -> String {
    switch kind {
    case .revoke: "revoke"
    case .revokeSerial: "revoke --serial"
    case .restore(let part, _): "restore \(part)"
    case .tamper: "edited manifest"
    default: "\(kind)"
    }
  }

  // MARK: - Runs

  /// Runs the program, and follows its advice where it stops.
  ///
  /// - Returns: whether it ended well.
  @discardableResult
  private mutating func run(
    _ words: [String], by someone: TwinFleet.Operator, cut: TwinOperation.Cut
  ) async throws -> Bool {
    let controller = fleet.folder(someone)
    let whole =
      words + ["--yes", "--playbook", controller.folder + "/quick.yml"]
    hasEndedWell = false
    let watch = try stolen.watch(in: fleet)
    let output = try await controller.timed(whole, cut)
    story.append("  exit \(output.status)")
    note(try await watch?.end() ?? [])
    if output.status == 124 || output.status == 137 {
      isSettled = false
      if case .killed = cut { tally.kills += 1 } else { faults.append("does not end: \(words)") }
      return false
    }
    if case .interrupted = cut, output.status == 130 {
      tally.interrupts += 1
      return false
    }
    guard output.status != 0 else { return try await end(words, by: someone) }
    if output.status == 64, output.stderr.contains("no valid certificate of") { return false }
    isSettled = false
    guard try await followAdvice(output, for: whole, by: someone) else { return false }
    isSettled = true
    return try await end(words, by: someone)
  }

  /// What holds after a run that ended well.
  private mutating func end(_ words: [String], by someone: TwinFleet.Operator) async throws -> Bool
  {
    (isSettled, hasEndedWell) = (true, true)
    fleet.latest = someone
    note(try await fleet.lies(of: someone))
    let plan = try await fleet.folder(someone).deploy("plan", "--detailed-exitcode")
    if plan.status != 0 { faults.append("changes after \(words), which ended well: \(plan.all)") }
    try await check(endedWell: someone)
    return true
  }

  private mutating func followAdvice(
    _ first: CommandOutput, for words: [String], by someone: TwinFleet.Operator
  ) async throws -> Bool {
    let controller = fleet.folder(someone)
    var output = first
    // The same advice at another stop is another one: the folder that it speaks of has changed since.
    var followed: [String: Set<Advice>] = [:]
    for _ in 0..<6 {
      story.append("  stop: \(output.stderr.suffix(1500))")
      let all = Advice.all(in: output.all.suffix(3000).description)
      let fresh = all.filter { followed[output.stderr]?.contains($0) != true }
      guard !all.isEmpty else {
        faults.append("a stop that names nothing to do: \(output.all.suffix(1500))")
        return false
      }
      // Which of several ways is taken is the operator's choice.
      let advice = generator.pick(fresh.isEmpty ? all : fresh)
      followed[output.stderr, default: []].insert(advice)
      tally.stops["\(advice)", default: 0] += 1
      story.append("  advice: \(advice)")
      try await follow(advice, by: someone)
      output = try await controller.timed(words, .none)
      story.append("  exit \(output.status)")
      if output.status == 0 { return true }
    }
    faults.append("the advice does not end well: \(output.all.suffix(1500))")
    return false
  }

  private mutating func follow(
    _ advice: Advice, by someone: TwinFleet.Operator
  ) async throws {
    let (from, to) = (fleet.folder(someone.other).folder, fleet.folder(someone).folder)
    switch advice {
    case .takeState: try await fleet.copy(.state, from: from, to: to)
    case .takeCA: try await fleet.copy(.ca, from: from, to: to)
    case .takeFolder: try await fleet.copy(.folder, from: from, to: to)
    case .makeCA(let folder):
      _ = try await fleet.scene.sandbox.run(["rm", "-rf", folder + ".other"])
      _ = try await fleet.scene.sandbox.run(["mv", folder, folder + ".other"])
      try await create(by: someone)
    case .again: try await fleet.settle()
    case .command(let words):
      let asks = ["apply", "rotate", "revoke", "rollback"].contains(words[0])
      var output = try await fleet.folder(someone).timed(
        words + (asks && !words.contains("--yes") ? ["--yes"] : []), .none)
      if output.status != 0, output.stderr.contains("add --yes") {
        output = try await fleet.folder(someone).timed(words + ["--yes"], .none)
      }
      story.append("    exit \(output.status): \(output.stderr.suffix(600))")
    }
  }

  // MARK: - Checks

  /// Keeps what is wrong, each once.
  private mutating func note(_ new: [String]) {
    for fault in new where !faults.contains(fault) { faults.append(fault) }
  }

  /// - Parameter someone: whose run has ended well just now.
  private mutating func check(endedWell someone: TwinFleet.Operator?) async throws {
    let (_, failures) = try fleet.visitors.answersSoFar()
    let new = failures.subtracting(failuresSeen)
    failuresSeen = failures
    if !new.isEmpty {
      note(["\(new.count) requests failed: \(Set(new.map(\.words)).sorted().prefix(4))"])
    }
    guard isSettled else { return }
    try await stolen.steal(in: fleet)
    let hosts = someone.map { Set(fleet.copies[$0, default: fleet.wanted].hosts) } ?? []
    note(try await stolen.faults(in: fleet, of: hosts))
    let trusted = try await fleet.trusted()
    for host in someone.map({ fleet.copies[$0, default: fleet.wanted].hosts }) ?? [] {
      let again = trusted[host, default: []].intersection(stolen.retired)
      if !again.isEmpty { faults.append("\(host) trusts \(again) again, which was rotated out") }
    }
  }
}

extension Scene {
  /// Runs the program and cuts it off; one that hangs is ended.
  fileprivate func timed(
    _ words: [String], _ cut: TwinOperation.Cut
  ) async throws -> CommandOutput {
    let limit: [String] =
      switch cut {
      case .none: ["timeout", "-s", "KILL", "\(Scene.longestRun)"]
      case .killed(let seconds): ["timeout", "-s", "KILL", "\(seconds)"]
      case .interrupted(let seconds):
        ["timeout", "--preserve-status", "-k", "90", "-s", "INT", "\(seconds)"]
      }
    let hasInventory = words.contains("--inventory")
    let program = hasInventory ? [Scene.program] + words : command(words)
    return try await sandbox.run(limit + program, environment: Scene.environment)
  }
}
