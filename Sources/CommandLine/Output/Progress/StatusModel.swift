import Diagnostics
import Execution
import Fleet

/// What a run is doing, from its events: the lines of the status area at a given time.
struct StatusModel {
  private struct Wait {
    var activity: Activity
    var finished: Set<String> = []
    var since: ContinuousClock.Instant
  }

  private struct Rollout {
    /// The steps that each host still has to take.
    var steps: [HostName: Int]
    let count: Int
    var failed: Set<HostName> = []
    var position: RolloutPosition?
    let since: ContinuousClock.Instant

    var confirmed: Int { count - steps.count - failed.count }

    func text(at now: ContinuousClock.Instant) -> String {
      var parts = ["\(confirmed)/\(count) confirmed"]
      if !failed.isEmpty { parts.append("\(failed.count) failed") }
      parts.append((now - since).text)
      if let position {
        parts.append(
          "stage \(position.stage)/\(position.stages) \(position.name),"
            + " batch \(position.batch)/\(position.batches)")
      }
      return parts.joined(separator: ", ")
    }
  }

  private enum Doing {
    case activity(Wait)
    /// Something whose end is not reported member by member.
    case testing(hosts: [HostName], since: ContinuousClock.Instant)
    case checking(CheckProgress, since: ContinuousClock.Instant)
    case pause(until: ContinuousClock.Instant)
  }

  private var doing: Doing?
  private var rollout: Rollout?
  /// When the latest rollout began, also after its end; nil before.
  private(set) var rolloutBegan: ContinuousClock.Instant?

  /// How many hosts that are waited for are named.
  private static let mostNames = 3

  mutating func note(_ event: ProgressEvent, at now: ContinuousClock.Instant) {
    switch event {
    case .began(let activity): doing = .activity(Wait(activity: activity, since: now))
    case .finished(let member): finish(member)
    case .ended: doing = nil
    case .verifying(let hosts): doing = .testing(hosts: hosts, since: now)
    case .checked(let progress): check(progress, now)
    case .pausing(let seconds): doing = .pause(until: now + .seconds(seconds))
    case .rollingOut(let steps):
      rollout = Rollout(steps: steps, count: steps.count, since: now)
      rolloutBegan = now
    case .entered(let position):
      rollout?.position = position
      if case .pause = doing { doing = nil }
    case .rolledOut: (rollout, doing) = (nil, nil)
    case .settled(let host, let result):
      finish(host.text)
      settle(host, result)
    case .connecting, .surveyed, .staged, .prepared, .started, .switching, .warned, .hookSaid,
      .untried:
      break
    }
  }

  private mutating func finish(_ member: String) {
    guard case .activity(var wait) = doing else { return }
    // Emptied first, so that the set is not copied for each member.
    doing = nil
    wait.finished.insert(member)
    doing = .activity(wait)
  }

  private mutating func check(_ progress: CheckProgress, _ now: ContinuousClock.Instant) {
    if case .checking(_, let since) = doing {
      doing = .checking(progress, since: since)
    } else {
      doing = .checking(progress, since: now)
    }
  }

  private mutating func settle(_ host: HostName, _ result: HostResult) {
    let left = rollout?.steps[host]
    if case .confirmed = result {
      if let left { rollout?.steps[host] = left > 1 ? left - 1 : nil }
    } else if left != nil || result.isReversal {
      // A host that was confirmed and is rolled back counts as failed too.
      rollout?.steps[host] = nil
      rollout?.failed.insert(host)
    }
  }

  /// Whether nothing is waited for, so that there are no lines.
  var isIdle: Bool { doing == nil && rollout == nil }

  // MARK: - Text

  /// The lines at a time, cut to the width of the terminal; empty if nothing is waited for.
  func lines(_ style: Style, width: Int, at now: ContinuousClock.Instant) -> [StyledText] {
    let head = rollout.map {
      style($0.text(at: now).cut(to: width), $0.failed.isEmpty ? nil : .red)
    }
    let detail = doing.map { StyledText(text(of: $0, at: now).cut(to: width)) }
    return [head, detail].compactMap(\.self)
  }

  private func text(of doing: Doing, at now: ContinuousClock.Instant) -> String {
    switch doing {
    case .activity(let wait): text(of: wait, at: now)
    case .testing(let hosts, let since):
      "testing the edges of \(hosts.listed(most: Self.mostNames))" + elapsed(since, now)
    case .checking(let progress, let since):
      "testing \(progress.edges.text) edges, \(progress.others.text) other connections"
        + elapsed(since, now)
    case .pause(let end): "next batch in \(max(.zero, end - now).text)"
    }
  }

  private func text(of wait: Wait, at now: ContinuousClock.Instant) -> String {
    let (activity, done) = (wait.activity, wait.finished.count)
    let begin = "\(activity.verb) \(activity.members.count.counting(activity.noun))"
    guard !activity.past.isEmpty else { return begin + elapsed(wait.since, now) }
    let names = activity.members.lazy.filter { !wait.finished.contains($0) }.prefix(Self.mostNames)
    let rest = activity.members.count - done - names.count
    let waiting =
      names.isEmpty
      ? "" : ", waiting for \(names.joined(separator: ", "))\(rest > 0 ? " and \(rest) more" : "")"
    return "\(begin)\(elapsed(wait.since, now)): \(done) \(activity.past)\(waiting)"
  }

  /// A rollout shows its own time.
  private func elapsed(_ since: ContinuousClock.Instant, _ now: ContinuousClock.Instant) -> String {
    rollout == nil ? ", \((now - since).text)" : ""
  }
}

extension CheckProgress.Part {
  fileprivate var text: String { "\(done)/\(all)" }
}

extension HostResult {
  /// Whether a host that was confirmed lost that.
  fileprivate var isReversal: Bool {
    switch self {
    case .reverted, .failed: true
    case .unchanged, .confirmed, .refused, .unreachable, .unconfirmed, .notAttempted: false
    }
  }
}

extension Duration {
  /// Whole seconds for people: `21 s`, `3 min 2 s`, `1 h 4 min`.
  var text: String {
    let seconds = components.seconds
    return switch seconds {
    case ..<60: "\(seconds) s"
    case ..<3600: "\(seconds / 60) min \(seconds % 60) s"
    default: "\(seconds / 3600) h \(seconds / 60 % 60) min"
    }
  }
}

extension String {
  /// The text with at most that many characters, with an ellipsis for the rest.
  func cut(to width: Int) -> String {
    guard unicodeScalars.count > width else { return self }
    return String(String.UnicodeScalarView(unicodeScalars.prefix(max(0, width - 1)))) + "…"
  }
}
