import Firewall
import Fleet
import State

/// One host of a change: what it is for the edges, and what it is to be.
struct HostChange {
  var name: HostName
  /// Nothing where `deploy` has installed nothing.
  var old: Endpoint
  /// Nothing where it leaves the fleet.
  var new: Endpoint
  /// Whether it is to have a back-end; of a host that leaves, whether it had one.
  var serves: Bool
  /// Whether something differs that no edge depends on.
  var hasOtherChanges = false
  /// Whether it cannot be changed in this run; what it is counts all the same.
  var isHeld = false
  /// Whether it leaves and cannot be asked: nobody waits for a machine that may be gone for good.
  var isLost = false
  /// Whether it has a certificate that is revoked: whoever has its key may answer in its place, so
  /// nobody waits for what it comes to.
  var isRevoked = false
  /// Whether it has a certificate that is revoked and is given another in this run, as far as it takes
  /// part: first, so that its requests go on.
  var isReadmitted: Bool { isRevoked && !isHeld && new.hasCertificate }
  /// Whether its edges are given up: it comes behind all who refuse it.
  var isShutOut: Bool { isRevoked && !isReadmitted }
  /// Whether what it has cannot be built upon: it comes to the new in one transaction.
  var isOpaque = false
  /// The names that the state has recorded of its back-end's certificate. What the host itself says is
  /// signed for nobody.
  var recordedNames: Set<String> = []
  /// The serials that each CA has revoked, by key identifier; empty where there are no lists.
  var revoked: [String: Set<String>] = [:]

  /// What the host is in between.
  ///
  /// - Parameters:
  ///   - inUse: the CAs whose certificates some host of the fleet shows now or then.
  ///   - known: those whose own certificates are at hand.
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

  /// What is refused as before, until nobody shows it any more. Where a CA joins, the lists are
  /// the new ones at once: without one of its own, each of its clients would be refused.
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
  /// The ports that nginx listens on for back-ends' sites, and for visitors if the front-end is in use.
  fileprivate func listens(asFrontEnd: Bool) -> Set<Port> {
    let visitors: [Port] = asFrontEnd && !routes.isEmpty ? [.http, .https] : []
    return Set(services.values.flatMap(\.ports) + visitors)
  }

  fileprivate mutating func takeService(of other: Endpoint) {
    openings = other.openings
    publications = other.publications
    services = other.services
    server = other.server
  }
}

/// The states that a host goes through, and the phases of the change in which it does.
struct Track {
  struct State: Equatable {
    var transition: TransitionState
    var endpoint: Endpoint
  }

  /// One transaction of the host.
  struct Step {
    var phase: TransitionState.Phase
    /// What the host is behind it.
    var state: State
  }

  /// What the host is now.
  let start: State
  /// Their phases ascend.
  private(set) var steps: [Step] = []

  init(from start: State) { self.start = start }

  mutating func append(_ state: State, in phase: TransitionState.Phase) {
    steps.append(Step(phase: phase, state: state))
  }

  /// The position of its last state; 0 if the host stays as it is.
  var last: Int { steps.count }

  /// - Parameter position: 0 for the start, and then one more for each step.
  func state(at position: Int) -> State { position == 0 ? start : steps[position - 1].state }

  /// The position before and behind a phase.
  func position(before phase: TransitionState.Phase) -> Int { steps.count { $0.phase < phase } }
  func position(behind phase: TransitionState.Phase) -> Int { steps.count { $0.phase <= phase } }

  /// The same host in one transaction.
  func direct(in phase: TransitionState.Phase) -> Track {
    var track = Track(from: start)
    track.append(state(at: last), in: phase)
    return track
  }

  /// The same without one of the states in between.
  ///
  /// - Parameter advancing: whether the next state comes in the phase of the one left out, not in its own.
  func skipping(_ position: Int, advancing: Bool) -> Track {
    var track = self
    let skipped = track.steps.remove(at: position - 1)
    if advancing { track.steps[position - 1].phase = skipped.phase }
    return track
  }

  /// Ends in the state as it is to be, to the last file and comment.
  mutating func finish(as endpoint: Endpoint, in phase: TransitionState.Phase) {
    let state = State(transition: .new, endpoint: endpoint)
    if steps.isEmpty { append(state, in: phase) } else { steps[last - 1].state = state }
  }
}

extension HostChange {
  /// The phases one after the other, each only where it changes something.
  func canonicalTrack(
    usedCAs inUse: Set<String>, of known: Set<String>
  ) -> Track {
    var track = Track(from: .init(transition: .old, endpoint: old))
    guard !isHeld, !old.offersSame(as: new) || hasOtherChanges else { return track }
    if !old.offersSame(as: new), !isShutOut, !isOpaque {
      for phase in TransitionState.Phase.allCases {
        let endpoint = endpoint(phase.transition, usedCAs: inUse, of: known)
        if endpoint.offersSame(as: track.state(at: track.last).endpoint) { continue }
        // A new host that nobody could use yet would have nothing to install.
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

  /// Where a host is reached is not up to a release, and reasons are for readers.
  fileprivate func offersSame(as other: Endpoint) -> Bool { essence == other.essence }

  private var essence: Endpoint {
    var endpoint = self
    endpoint.addresses = []
    for index in openings.indices { endpoint.openings[index].why = "" }
    for index in publications.indices { endpoint.publications[index].why = "" }
    return endpoint
  }
}
