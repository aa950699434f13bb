import Application
import Diagnostics
import Execution
import Fleet
import Planning
import State
import Synchronization

/// The ``Interaction`` of the command line: it writes to the standard streams and asks on the
/// terminal. With the format JSON, plans and sentences are not shown, so that the summary is the
/// only output.
struct TerminalInteraction: Interaction {
  /// The format of results.
  let format: OutputFormat
  /// Whether every question is answered with yes.
  let yes: Bool
  let verbosity: Verbosity
  /// Gets the events of the run, instead of a summary at its end; nil if they are not printed.
  let events: RunEventLog?
  /// The mistakes that were shown.
  let shown = ShownDiagnostics()
  /// Whether output is coloured, given whether the stream is a terminal.
  let usesColor: @Sendable (_ onTerminal: Bool) -> Bool

  /// How many seconds a reader of events has for the last ones, if the program stops at once.
  private static let patience = 1

  /// The hosts that the shown plan holds.
  private let explained = ExplainedHosts()

  init(
    format: OutputFormat = .text, yes: Bool = false,
    verbosity: Verbosity = .usual, events: RunEventLog? = nil,
    usesColor: @escaping @Sendable (_ onTerminal: Bool) -> Bool
  ) {
    self.format = format
    self.yes = yes
    self.verbosity = verbosity
    self.events = events
    self.usesColor = usesColor
  }

  /// The style of results.
  var style: Style { Style(isColored: usesColor(Console.outputIsTerminal)) }
  private var errorStyle: Style { Style(isColored: usesColor(Console.errorIsTerminal)) }

  func show(_ diagnostics: [Diagnostic], in sources: [SourceText]) {
    guard !diagnostics.isEmpty else { return }
    shown.note(diagnostics)
    let renderer = DiagnosticRenderer(
      sources: sources, isColored: errorStyle.isColored, width: Console.errorWidth)
    Console.error(renderer.render(diagnostics))
    Console.error(DiagnosticCount(diagnostics, in: sources).text)
  }

  func show(_ plan: Plan, caGenerations: [CAGeneration]) throws {
    events?.add(plan)
    guard format == .text else { return }
    explained.note(plan)
    try PlanView(plan, caGenerations: caGenerations, showsEach: verbosity == .verbose)
      .print(as: .text, style)
  }

  func lines(of plan: Plan, caGenerations: [CAGeneration]) -> [String] {
    PlanView(plan, caGenerations: caGenerations).text(Style(isColored: false), width: nil).rendered
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  func json(of plan: Plan, caGenerations: [CAGeneration]) throws -> String {
    try JSONText.text(PlanDocument(plan, caGenerations: caGenerations)) + "\n"
  }

  func json(of summary: Summary, _ traffic: SSHTraffic) throws -> String {
    try SummaryView(summary, traffic).json() + "\n"
  }

  func show(_ event: ProgressEvent) {
    events?.add(event)
    let hasArea = StatusDisplay.isPossible && verbosity != .quiet
    StatusDisplay.note(event, errorStyle, isShown: hasArea)
    let detail: ProgressLines.Detail =
      switch verbosity {
      case .quiet: .warnings
      case .usual: hasArea ? .notable : .steps
      case .verbose: .all
      }
    guard let line = ProgressLines(detail: detail).line(event) else { return }
    Console.error(paragraph(line.text, line.color))
  }

  /// A text that is wrapped at the width of the terminal.
  private func paragraph(_ text: String, _ color: Style.Color? = nil) -> StyledText {
    var page = Page(errorStyle, width: Console.errorWidth)
    page.add(text, color)
    return page.text
  }

  func show(_ summary: Summary, _ traffic: SSHTraffic) throws {
    if let events { return events.note(summary, traffic) }
    try SummaryView(
      summary, traffic, explained: explained.hosts, time: StatusDisplay.timeOfRollout,
      showsEach: verbosity == .verbose
    ).print(as: format, style)
  }

  func report(_ sentence: String) {
    if format == .text { Console.output(sentence) }
  }

  func inform(_ text: String) { Console.error(paragraph(text)) }

  func warn(_ text: String) {
    events?.warn(text)
    Console.error(paragraph("deploy: \(text)"))
  }

  var canAsk: Bool { Console.canAsk }

  func confirm(_ question: String) async -> Bool {
    if yes { return true }
    return await Console.confirm(question)
  }

  func askSecret(_ prompt: String, instead: String) async throws -> [UInt8] {
    try await Terminal.askSecret(prompt, instead: instead)
  }

  func lendTerminal<Output>(_ body: () async throws -> Output) async rethrows -> Output {
    try await StatusDisplay.hidden(body)
  }

  func untilStopped<Output: Sendable>(
    _ stopping: String, _ work: @escaping @Sendable () async -> Output,
    abandon: @escaping @Sendable () -> Void
  ) async -> Output {
    await Interrupts.cancelling(work, stopping) {
      abandon()
      events?.end(exit: ExitStatus.interrupted.rawValue)
      events?.finish(within: Self.patience)
    }
  }
}

/// The mistakes and warnings in files that were shown, for JSON.
final class ShownDiagnostics: Sendable {
  private let all = Mutex<[Diagnostic]>([])

  var diagnostics: [Diagnostic] { all.withLock(\.self) }

  func note(_ diagnostics: [Diagnostic]) { all.withLock { $0 += diagnostics } }
}

/// The hosts for which a plan that was shown said why they are held.
private final class ExplainedHosts: Sendable {
  private let all = Mutex<Set<HostName>>([])

  var hosts: Set<HostName> { all.withLock(\.self) }

  func note(_ plan: Plan) {
    all.withLock { $0.formUnion(plan.hosts.filter { $0.hold != nil }.map(\.host)) }
  }
}
