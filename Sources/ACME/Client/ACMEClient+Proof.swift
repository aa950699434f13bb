package import Fleet

/// A challenge as the operator's side has to answer it.
package struct ChallengeTask: Hashable, Sendable {
  package let kind: ChallengeKind
  /// The domain, without `*.`.
  package let domain: String
  package let token: String
  /// What the web server answers (HTTP-01), or the value of the TXT record (DNS-01).
  package let answer: String
}

/// Prepares the answers to challenges: nothing for HTTP-01 if hosts answer on their own, a record for DNS-01.
package protocol ChallengeSolver: Sendable {
  /// The kinds that can be answered for a name, best first. `*.` begins a wildcard's name.
  func kinds(for name: String) -> [ChallengeKind]
  /// Makes the answer. Several answers of one order can be at the same place: none replaces another.
  func prepare(_ task: ChallengeTask) async throws
  /// Returns when the server can see all these answers, which were prepared before.
  func waitUntilVisible(_ tasks: [ChallengeTask]) async throws
  /// Removes what ``prepare(_:)`` has made; also called if it failed, and if the run is interrupted.
  func cleanUp(_ task: ChallengeTask) async
}

extension ChallengeSolver {
  /// For answers that are visible as soon as they are prepared.
  package func waitUntilVisible(_ tasks: [ChallengeTask]) async throws {}
}

extension ACMEClient {
  private struct Empty: Encodable {}
  private struct Open {
    let url: String
    let name: String
    let challenge: Challenge
    let task: ChallengeTask
  }

  /// Proves the names of an order that are not proven yet, and waits until it is ready.
  package func prove(
    _ placed: PlacedOrder, with solver: any ChallengeSolver, until deadline: Timestamp
  ) async throws(ACMEError) -> PlacedOrder {
    let action = "prove \(placed.names)"
    var placed = placed
    if placed.order.status == .pending {
      let open = try await openChallenges(placed.order, solver, action)
      do throws(ACMEError) {
        try await answer(open, solver, action, until: deadline)
      } catch {
        await cleanUp(open, solver)
        throw error
      }
      await cleanUp(open, solver)
    }
    placed.order = try await settled(placed, action, until: deadline) { $0 == .pending }
    if placed.order.status == .invalid {
      throw failure(.orderInvalid, action, placed.order.error?.text ?? "the order is invalid")
    }
    return placed
  }

  /// One challenge for each name that is not proven yet.
  private func openChallenges(
    _ order: Order, _ solver: any ChallengeSolver, _ action: String
  ) async throws(ACMEError) -> [Open] {
    var open: [Open] = []
    for url in order.authorizations {
      let authorization = try decode(Authorization.self, try await read(url, action), action)
      switch authorization.status {
      case .valid: continue
      case .pending: open.append(try challenge(authorization, url, solver, action))
      case let status:
        throw failure(
          .orderInvalid, action,
          reason(of: authorization) ?? "the proof of \(authorization.name) is \(status.rawValue)")
      }
    }
    return open
  }

  private func challenge(
    _ authorization: Authorization, _ url: String, _ solver: any ChallengeSolver, _ action: String
  ) throws(ACMEError) -> Open {
    let name = authorization.name
    for kind in solver.kinds(for: name) {
      guard let challenge = authorization.challenges.first(where: { $0.kind == kind }),
        let token = challenge.token, Self.isToken(token)
      else { continue }
      let answer =
        switch kind {
        case .http01: key.keyAuthorization(for: token)
        case .dns01: key.recordValue(for: token)
        }
      let task = ChallengeTask(
        kind: kind, domain: authorization.identifier.value, token: token, answer: answer)
      return Open(url: url, name: name, challenge: challenge, task: task)
    }
    let offered = authorization.challenges.map(\.type).sorted().joined(separator: ", ")
    throw failure(
      .noChallenge, action,
      "\(name) can be proven with \(offered) only, and the inventory sets up none of these")
  }

  /// At least 128 bits in base64url (RFC 8555, 8).
  private static func isToken(_ text: String) -> Bool {
    (22...200).contains(text.utf8.count)
      && text.utf8.allSatisfy { $0.isLetterOrDigit || "-_".utf8.contains($0) }
  }

  private func answer(
    _ open: [Open], _ solver: any ChallengeSolver, _ action: String, until deadline: Timestamp
  ) async throws(ACMEError) {
    for item in open {
      do {
        try await solver.prepare(item.task)
      } catch {
        throw failure(.local, action, "\(item.name): \(Self.words(for: error))")
      }
    }
    do {
      try await solver.waitUntilVisible(open.map(\.task))
    } catch {
      throw failure(.local, action, Self.words(for: error))
    }
    for item in open where item.challenge.status == .pending {
      _ = try await post(JSON.encode(Empty()), to: item.challenge.url, action)
    }
    for item in open { try await waitForProof(item, action, until: deadline) }
  }

  private static func words(for error: any Error) -> String {
    error is CancellationError ? "interrupted" : "\(error)"
  }

  private func waitForProof(
    _ item: Open, _ action: String, until deadline: Timestamp
  ) async throws(ACMEError) {
    var poll = Poll(until: deadline)
    while true {
      let response = try await read(item.url, action)
      let authorization = try decode(Authorization.self, response, action)
      switch authorization.status {
      case .valid: return
      case .pending: break
      case let status:
        throw failure(
          .orderInvalid, action,
          reason(of: authorization) ?? "the proof of \(item.name) is \(status.rawValue)")
      }
      guard let seconds = poll.delay(after: response, at: clock.now) else {
        throw failure(
          .timedOut, action, "the server has not checked \(item.name) by \(deadline)")
      }
      try await wait(seconds, action)
    }
  }

  private func cleanUp(_ open: [Open], _ solver: any ChallengeSolver) async {
    for item in open { await solver.cleanUp(item.task) }
  }

  /// Why a name could not be proven, as its challenges say.
  private func reason(of authorization: Authorization) -> String? {
    authorization.challenges.compactMap(\.error).first.map { "\(authorization.name): \($0.text)" }
  }
}
