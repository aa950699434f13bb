import Diagnostics
import Fleet
import Planning

/// The output of `deploy plan --diff`: the complete files that a plan changes on one host.
struct HostDiffView {
  private let host: HostPlan

  /// Nil if the plan has no such host.
  init?(of host: String, in plan: Plan) {
    guard let host = plan.hosts.first(where: { $0.host.text == host }) else { return nil }
    self.host = host
  }

  /// The files of each step, as diffs; for a file whose text is not shown, the reason.
  func text(_ style: Style) -> StyledText {
    let steps = host.steps
    guard steps.contains(where: { !$0.changes.isEmpty }) else {
      return "No file on \(host.host) changes."
    }
    return steps.enumerated().flatMap { index, step -> [StyledText] in
      let number = steps.count == 1 ? "" : "step \(index + 1) of \(steps.count), "
      let release =
        switch step.goal {
        case .release(let number): "release \(number)"
        case .removed: "deploy is removed"
        }
      return [style("\(host.host), \(number)\(release)", .bold)]
        + step.changes.map { text(of: $0, step, style) }
    }.joined(separator: "\n\n")
  }

  /// The whole file with its changed lines marked; the diff alone if the file is new or removed.
  private func text(of change: FileChange, _ step: HostStep, _ style: Style) -> StyledText {
    let file = step.files.first { $0.path == change.path }
    guard let diff = change.diff, !diff.isEmpty else {
      let reason = change.diff == nil ? reason(file, change) : "empty"
      return style("\(change.kind.symbol) \(change.path): \(reason)", .dim)
    }
    guard case .text(let text) = file?.source, change.kind == .change else {
      return style.diff(diff.withoutEmptyEnd)
    }
    return style.diff(UnifiedDiff.whole(diff, to: text).withoutEmptyEnd)
  }

  /// The reason for which the content of a file is not shown.
  private func reason(_ file: PlannedFile?, _ change: FileChange) -> String {
    switch file?.source {
    case nil: "removed; its text is not known"
    case .certificate: "the certificate is issued during the apply"
    case .key, .local, .orderedKey: "a secret"
    case .present: "unchanged"
    case .text(let text) where change.isOfTLS:
      "certificates, \(text.split(separator: "\n").count.counting("line"))"
    case .text: "its text on the host is not known"
    }
  }
}

extension String {
  /// The text without the newline that ends it.
  var withoutEmptyEnd: String { hasSuffix("\n") ? String(dropLast()) : self }
}
