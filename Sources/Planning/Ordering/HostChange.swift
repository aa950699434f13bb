import Firewall
import Fleet
import State

/// The change of one host: its old and its new endpoint, and how the host takes part in the run.
struct HostChange {
  var name: HostName
  /// `Endpoint.nothing` if `deploy` has not installed anything.
  var old: Endpoint
  /// `Endpoint.nothing` if the host leaves the fleet.
  var new: Endpoint
  /// Whether it will have a back-end; for a host that leaves, whether it had one.
  var serves: Bool
  /// Whether something differs that no edge depends on.
  var hasOtherChanges = false
  /// Whether it cannot be changed in this run; its edges still must not break.
  var isHeld = false
  /// Whether it leaves and cannot be reached: no host waits for a machine that may not exist any longer.
  var isLost = false
  /// Whether it has a revoked certificate: an attacker with its key may answer in its place, so no host
  /// waits for its result.
  var isRevoked = false
  /// Whether it has a revoked certificate and gets a new one in this run: it changes first, so that its
  /// requests keep working.
  var isReadmitted: Bool { isRevoked && !isHeld && new.hasCertificate }
  /// Whether its edges are given up: it changes after all hosts that refuse it.
  var isShutOut: Bool { isRevoked && !isReadmitted }
  /// Whether nothing of its present release can be kept: it changes to the new one in one transaction.
  var isOpaque = false
  /// The recorded names of its back-end's certificate. Names that only the host itself reports are never
  /// signed.
  var recordedNames: Set<String> = []
  /// The serials that each CA has revoked, by key identifier; empty if there are no lists.
  var revoked: [String: Set<String>] = [:]

  /// The endpoint of the host in a transition state.
  ///
  /// - Parameters:
  ///   - inUse: the CAs that issued certificates of any host of the fleet, before or after the change.
  ///   - known: the CAs whose own certificates are available.
  func endpoint(
    _ transition: TransitionState, usedCAs inUse: Set<String>, of known: Set<String>
  ) -> Endpoint {
    var endpoint = Endpoint()
    endpoint.addresses = old.addresses.union(new.addresses)
    switch transition.trust {
    case .old: endpoint.trusts = old.trusts
    case .both: endpoint.trusts = old.trusts.union(new.trusts).union(inUse).intersection(known)
    case .new: endpoint.trusts = new.trusts
    }
    endpoint.refuses = refusals(transition.trust, trusting: endpoint.trusts)
    switch transition.service {
    case .old: endpoint.takeService(of: old)
    case .new: endpoint.takeService(of: new)
    case .both:
      endpoint.otherAddresses = Set(old.otherAddresses + new.otherAddresses).sorted()
      endpoint.openings = old.openings.union(
        new.openings, listened: old.listens(asFrontEnd: transition.use == .old),
        otherListened: new.listens(asFrontEnd: transition.use == .new))
      endpoint.publications =
        transition.use == .new
        ? new.publications.union(old.publications) : old.publications.union(new.publications)
      endpoint.services = old.services.merging(new.services) { $0.union($1) }
      endpoint.server = serverOfBoth
    }
    let user = transition.use == .new ? new : old
    endpoint.source = user.source
    endpoint.routes = user.routes
    endpoint.client = user.client
    return endpoint
  }

  /// The old refusals, until no host presents a revoked certificate any longer. If a CA is added, the new
  /// lists are used at once: nginx refuses all clients of a CA without a list.
  private func refusals(
    _ side: TransitionState.Side, trusting trusts: Set<String>
  ) -> Set<String>? {
    switch side {
    case .old: return old.refuses
    case .both:
      guard old.refuses != nil, !revoked.isEmpty, !trusts.isSubset(of: old.trusts) else {
        return old.refuses
      }
      return Set(trusts.flatMap { revoked[$0] ?? [] })
    case .new: return new.refuses
    }
  }

  private var serverOfBoth: Endpoint.Leaf? {
    guard let before = old.server, var after = new.server else { return new.server ?? old.server }
    after.names.formUnion(before.names.intersection(recordedNames))
    return after
  }
}

extension Endpoint {
  /// The ports that nginx listens on for back-end sites, and for visitors if the front-end is included.
  fileprivate func listens(asFrontEnd: Bool) -> Set<Port> {
    let visitors: [Port] = asFrontEnd && !routes.isEmpty ? [.http, .https] : []
    return Set(services.values.flatMap(\.ports) + visitors)
  }

  fileprivate mutating func takeService(of other: Endpoint) {
    otherAddresses = other.otherAddresses
    openings = other.openings
    publications = other.publications
    services = other.services
    server = other.server
  }
}

/// The states that a host goes through, each with its phase of the change.
struct Track {
  /// A transition state and the endpoint that the host is in it.
  struct State: Equatable {
    var transition: TransitionState
    var endpoint: Endpoint
  }

  /// One transaction of the host.
  struct Step {
    var phase: TransitionState.Phase
    /// The state of the host after the step.
    var state: State
    /// The position of the state on the canonical track, by which it is known on shorter ones.
    let id: Int
  }

  /// The present state of the host.
  let start: State
  /// In ascending order of their phases.
  private(set) var steps: [Step] = []

  init(from start: State) { self.start = start }

  mutating func append(_ state: State, in phase: TransitionState.Phase) {
    steps.append(Step(phase: phase, state: state, id: steps.count + 1))
  }

  /// The position of its last state; 0 if the host stays as it is.
  var last: Int { steps.count }

  /// - Parameter position: 0 for the start, 1 after the first step, and so on.
  func state(at position: Int) -> State { position == 0 ? start : steps[position - 1].state }

  /// The position of a state on the canonical track.
  func id(at position: Int) -> Int { position == 0 ? 0 : steps[position - 1].id }

  /// The positions before and after a phase.
  func position(before phase: TransitionState.Phase) -> Int { steps.count { $0.phase < phase } }
  func position(behind phase: TransitionState.Phase) -> Int { steps.count { $0.phase <= phase } }

  /// The track that reaches the last state in one transaction.
  func direct(in phase: TransitionState.Phase) -> Track {
    var track = self
    track.steps.removeFirst(last - 1)
    track.steps[0].phase = phase
    return track
  }

  /// The track without one of its intermediate states.
  ///
  /// - Parameter advancing: whether the next state moves to the phase of the state that is left out.
  func skipping(_ position: Int, advancing: Bool) -> Track {
    var track = self
    let skipped = track.steps.remove(at: position - 1)
    if advancing { track.steps[position - 1].phase = skipped.phase }
    return track
  }

  /// Replaces the last state with exactly the wanted one, including every file and comment.
  mutating func finish(as endpoint: Endpoint, in phase: TransitionState.Phase) {
    let state = State(transition: .new, endpoint: endpoint)
    if steps.isEmpty { append(state, in: phase) } else { steps[last - 1].state = state }
  }
}

extension HostChange {
  /// Whether anything differs.
  var isNeeded: Bool { hasOtherChanges || !old.offersSame(as: new) }

  /// The track with a step for each phase that changes something.
  func canonicalTrack(
    usedCAs inUse: Set<String>, of known: Set<String>
  ) -> Track {
    var track = Track(from: .init(transition: .old, endpoint: old))
    guard !isHeld, isNeeded else { return track }
    if !old.offersSame(as: new), !isShutOut, !isOpaque {
      for phase in TransitionState.Phase.allCases {
        let endpoint = endpoint(phase.transition, usedCAs: inUse, of: known)
        if endpoint.offersSame(as: track.state(at: track.last).endpoint) { continue }
        // A new host that no other host uses yet would have nothing to install.
        if phase != .forget, old == .nothing, !endpoint.hasEdges { continue }
        track.append(.init(transition: phase.transition, endpoint: endpoint), in: phase)
      }
    }
    var end = new
    end.addresses = old.addresses.union(new.addresses)
    track.finish(as: end, in: isShutOut ? .revoked : serves ? .serve : .use)
    return track
  }
}

extension Endpoint {
  var hasCertificate: Bool { client != nil || server != nil }
  fileprivate var hasEdges: Bool { !services.isEmpty || !routes.isEmpty }

  /// Whether two endpoints are equal for the edge model, ignoring addresses and explanatory texts.
  fileprivate func offersSame(as other: Endpoint) -> Bool {
    var alike = self
    alike.addresses = other.addresses
    alike.openings = other.openings
    alike.publications = other.publications
    return alike == other
      && openings.elementsEqual(other.openings) { $0.target == $1.target && $0.from == $1.from }
      && publications.elementsEqual(other.publications) { own, theirs in
        var alike = own
        alike.why = theirs.why
        return alike == theirs
      }
  }
}
