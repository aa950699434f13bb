import ArgumentParser
import Diagnostics
import Execution
import Fleet
import FleetFolders
import FleetLiterals
import Planning
import State
import Testing

@testable import Application
@testable import CommandLine

@Suite("Results as a person reads them")
struct ResultViewTests {
  private static let plain = Style(isColored: false)

  private func lines(_ text: StyledText) -> [String] {
    text.rendered.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test("a summary is wrapped at the width of the terminal, with a hanging indent")
  func summary() {
    let summary = Summary(
      results: [
        "app-1": .reverted(
          why:
            "nginx does not serve the release: the port is in use.\nStop the other program with\n"
            + "    systemctl stop apache2 && systemctl disable apache2 && reboot"),
        "edge-1": .unchanged,
      ], stopped: "the change has failed on a host")
    let view = SummaryView(summary, SSHTraffic())
    #expect(
      lines(view.text(Self.plain, width: 40)) == [
        "",
        "app-1  reverted  nginx does not serve",
        "    the release: the port is in use.",
        "    Stop the other program with",
        // A command to copy stays in one line.
        "        systemctl stop apache2 && systemctl disable apache2 && reboot",
        "The run stopped: the change has failed",
        "    on a host.",
        "1 unchanged, 1 reverted",
      ])
    #expect(view.text(Self.plain, width: nil).rendered.contains("release: the port is in use.\n"))
  }

  private static func status(
    _ survey: Survey, hosts records: [HostName: HostRecord] = [:]
  ) -> StatusView {
    let connection = SamplePlan.plan.hosts[0].connection
    var state = FleetState(fleet: "shop", lineage: "l")
    state.hosts = records
    return StatusView(
      SurveyFleet.Report(
        state: state, judged: state.judge(survey, addresses: [:]),
        hosts: survey.keys.sorted().map { (name: $0, connection: connection) }
      ).status(now: .earliest))
  }

  private static let drifted = HostObservation(
    clock: .earliest, nginxIsRunning: true,
    driftedFiles: ["nginx/deploy.conf", "nginx/back-end/shop.example.conf"])

  @Test("the status says what is wrong with a host and what to do, in wrapped lines")
  func status() {
    let view = Self.status([
      "app-1": .observed(Self.drifted),
      "app-2": .unreachable("could not connect: Connection refused"),
      "app-3": .observed(HostObservation(clock: .earliest)),
    ])
    #expect(
      lines(view.text(Self.plain, width: 60)) == [
        "HOST   RELEASE  SERVED  FIREWALL  CERTIFICATE",
        "app-1  -        -       absent    -",
        "    nginx/deploy.conf, nginx/back-end/shop.example.conf were",
        "        changed on the host. \"deploy apply\" installs the",
        "        release again.",
        "app-2  -        -       unknown   -",
        "    could not connect: Connection refused",
        "    Check the host, its network and sshd, then run \"deploy",
        "        status\" again.",
        "app-3  -        -       absent    -",
      ])
  }

  @Test("hosts with problems are red")
  func colors() {
    let text = Self.status([
      "app-1": .observed(Self.drifted), "app-3": .observed(HostObservation(clock: .earliest)),
    ]).text(Style(isColored: true), width: nil).rendered
    #expect(text.contains("\u{1B}[31mapp-1  "))
    #expect(text.contains("\u{1B}[31mnginx/deploy.conf, "))
    #expect(text.contains("\napp-3  "))
  }

  @Test("a row of a table that is too wide continues without the spaces between columns")
  func table() {
    var page = Page(Self.plain, width: 40)
    page.add("shop.example  edge-1  app-1:443     200  400  400  TLSv1.3")
    #expect(
      lines(page.text) == ["shop.example  edge-1  app-1:443     200", "    400  400  TLSv1.3"])
  }

  @Test("empty lines and words longer than a line are kept")
  func emptyLines() {
    var page = Page(Self.plain, width: 40)
    let word = String(repeating: "x", count: 50)
    page.add("a\n\n\(word) b   c\n", indent: 2, hanging: 0)
    #expect(lines(page.text) == ["  a", "", "  " + word, "  b   c", ""])
    page.add("")
    #expect(lines(page.text).last == "")
  }

  @Test("a short serial number can be used as it is printed, but not as a complete one")
  func serial() throws {
    let short = CertificateRecord.short("0123456789abcdef")
    #expect(short == "01234567…")
    _ = try RevokeCommand.parse(["--serial", short])
    #expect(throws: (any Error).self) {
      try RevokeCommand.parse(["--serial", short, "--foreign"])
    }
  }

  @Test(
    "rotate ca --status refuses options that it would ignore",
    arguments: [["--yes"], ["--key", "destroy"], ["--emergency"], ["--override-newer"]])
  func rotationStatus(_ options: [String]) throws {
    _ = try RotateCACommand.parse(["--status", "--format", "json"])
    _ = try RotateCACommand.parse(options)
    #expect {
      try RotateCACommand.parse(["--status"] + options)
    } throws: {
      RotateCACommand.message(for: $0).contains("cannot be combined with \(options[0]).")
    }
  }
}
