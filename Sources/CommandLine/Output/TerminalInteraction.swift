import Application
import Diagnostics
import Execution
import Planning
import State

/// The ``Interaction`` of the command line: it writes to the standard streams and asks on the
/// terminal. With the format JSON, plans and sentences are not shown, so that the summary is the
/// only output.
struct TerminalInteraction: Interaction {
  /// The format of results.
  var format = OutputFormat.text
  /// Whether every question is answered with yes.
  var yes = false
  /// Whether output is coloured, given whether the stream is a terminal.
  let usesColor: @Sendable (_ onTerminal: Bool) -> Bool

  /// The style of results.
  var style: Style { Style(isColored: usesColor(Console.outputIsTerminal)) }
  private var errorStyle: Style { Style(isColored: usesColor(Console.errorIsTerminal)) }

  func show(_ diagnostics: [Diagnostic], in source: SourceText) {
    let renderer = DiagnosticRenderer(sources: [source], isColored: errorStyle.isColored)
    Console.error(renderer.render(diagnostics))
  }

  func show(_ plan: Plan, caGenerations: [CAGeneration]) throws {
    guard format == .text else { return }
    try PlanView(plan, caGenerations: caGenerations).print(as: .text, style)
  }

  func show(_ event: ProgressEvent) {
    if let line = errorStyle.line(event) { Console.error(line) }
  }

  func show(_ summary: Summary, _ traffic: SSHTraffic) throws {
    try SummaryView(summary, traffic).print(as: format, style)
  }

  func report(_ sentence: String) {
    if format == .text { Console.output(sentence) }
  }

  func inform(_ text: String) { Console.error(text) }

  func warn(_ text: String) { Console.error("deploy: \(text)") }

  var canAsk: Bool { Console.canAsk }

  func confirm(_ question: String) async -> Bool {
    if yes { return true }
    return await Console.confirm(question)
  }

  func askSecret(_ prompt: String, instead: String) async throws -> [UInt8] {
    try await Terminal.askSecret(prompt, instead: instead)
  }

  func untilStopped<Output: Sendable>(
    _ work: @escaping @Sendable () async -> Output, abandon: @escaping @Sendable () -> Void
  ) async -> Output {
    await Interrupts.cancelling(work, leave: abandon)
  }
}
