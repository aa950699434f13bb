import Diagnostics
import Fleet
import Foundation
import Inventories
import Playbooks
import TestSupport
import Testing
import YAML

@Suite("Reading playbooks")
struct DecodingTests {
  @Test("each case is read or refused as its file says", arguments: try CaseFile.all())
  func cases(_ file: CaseFile) throws {
    let source = SourceText(file: "playbook.yml", text: file.input)
    let (playbook, diagnostics) = Playbook.read(source)
    #expect((playbook == nil) == diagnostics.contains { $0.severity == .error })
    let said = DiagnosticRenderer(sources: [source]).render(diagnostics).rendered
    #expect(try file.mismatch(said + (playbook == nil ? "" : "ok\n")) == nil)
  }

  private func shipped(_ name: String) throws -> Playbook {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "Playbooks/\(name).yml"), encoding: .utf8)
    let (playbook, diagnostics) = Playbook.read(SourceText(file: name, text: text))
    #expect(diagnostics.isEmpty)
    return try #require(playbook)
  }

  @Test("the playbook used if none is given is the shipped one")
  func rolling() throws {
    #expect(try shipped("rolling") == .rolling)
  }

  @Test("the shipped playbooks have the names of their files")
  func others() throws {
    #expect(
      try shipped("canary")
        == Playbook(
          name: "canary",
          rollout: Playbook.Rollout(
            canary: 1, batch: .percent(25), maxFailures: 0, pause: .seconds(10))))
    #expect(try shipped("all-at-once") == Playbook(name: "all-at-once"))
    #expect(
      try shipped("decommission")
        == Playbook(
          name: "decommission", rollout: Playbook.Rollout(batch: .percent(25)),
          procedure: .decommission(.forget)))
  }

  @Test("the playbooks used by the rotating commands if none is given are the shipped ones")
  func rotations() throws {
    #expect(try shipped("rotate-certificates") == .rotatingCertificates)
    #expect(try shipped("rotate-ca") == .rotatingCA)
  }

  @Test("each key of the rollout is in its value")
  func values() {
    let text =
      """
      name: x
      rollout:
        {canary: 2, batch: 7, max_failures: 3, pause: 2m, confirm_within: 1m,
         on_failure: revert_all, verify: edges}
      """
    #expect(
      read(text)
        == Playbook(
          name: "x",
          rollout: Playbook.Rollout(
            canary: 2, batch: .count(7), maxFailures: 3, pause: .seconds(120),
            confirmWithin: .seconds(60), onFailure: .revertAll, verification: .edges)))
  }

  private func read(_ text: String) -> Playbook? {
    Playbook.read(SourceText(file: "a", text: text)).playbook
  }

  @Test("a list is a program with its words, a text is a line for the shell")
  func hooks() throws {
    let text = """
      name: x
      hooks:
        before_host: [[./drain, "$DEPLOY_HOST", 3], ./log && true]
        after_host: [[./undrain]]
        before_run: [./announce]
        after_run: [[curl, --data, "@-", "https://chat.example"], ./done]
        timeout: 2m
      """
    let hooks = try #require(read(text)).hooks
    #expect(
      hooks
        == Playbook.Hooks(
          beforeRun: [.shell("./announce")],
          afterRun: [.words(["curl", "--data", "@-", "https://chat.example"]), .shell("./done")],
          beforeHost: [.words(["./drain", "$DEPLOY_HOST", "3"]), .shell("./log && true")],
          afterHost: [.words(["./undrain"])], timeout: .seconds(120)))
    #expect(hooks.beforeHost[0].words == ["./drain", "$DEPLOY_HOST", "3"])
    #expect(hooks.beforeHost[1].words == ["/bin/sh", "-c", "./log && true"])
    #expect(read("name: x")?.hooks == Playbook.Hooks(timeout: .seconds(60)))
  }

  @Test(
    "the procedure is a name, or a name with its options",
    arguments: [
      ("decommission", .decommission(.forget)), ("{name: decommission}", .decommission(.forget)),
      ("{name: decommission, certificates: forget}", .decommission(.forget)),
      ("{certificates: revoke, name: decommission}", .decommission(.revoke)),
      ("rotate-certificates", .rotateCertificates),
      ("{name: rotate-certificates}", .rotateCertificates),
      ("rotate-ca", .rotateCA(.archive)),
      ("{name: rotate-ca}", .rotateCA(.archive)),
      ("{name: rotate-ca, key: destroy}", .rotateCA(.destroy)),
    ] as [(String, Playbook.Procedure)])
  func procedures(_ text: String, _ expected: Playbook.Procedure) throws {
    #expect(try #require(read("name: x\nprocedure: \(text)")).procedure == expected)
    #expect(try #require(read("name: x")).procedure == nil)
  }
}
