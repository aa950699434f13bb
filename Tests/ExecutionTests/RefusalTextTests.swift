import Fleet
import FleetLiterals
import Planning
import State
import Testing

@testable import Execution

@Suite("The message for a host's refusal")
struct RefusalTextTests {
  private let step = PlannedStep(
    host: "app-1",
    connection: HostAccess(address: "198.18.0.1", ssh: SSHSettings(user: "ann")),
    roles: ["back-end"],
    HostStep(
      .install(
        Installation(
          release: 8,
          files: [
            PlannedFile(path: "nginx/deploy.conf", source: .text("x")),
            PlannedFile(
              path: "nginx/snippets/shop.conf", source: .text("x"),
              origin: PlannedFile.Origin(path: "snippets/shop-be.conf", place: "shop.yml:31:18")),
          ])), reasons: []))

  @Test(
    "is reported for every refusal",
    arguments: [
      ("locked", .host, "the host is locked by another run: wait until it finishes"),
      (
        "locked bob@desk", .host,
        "the host is locked by another run (bob@desk): wait until it finishes"
      ),
      ("changed 9:", .host, "it has changed since the plan was made: plan again"),
      ("no-space", .host, "there is not enough disk space for the release: one; two"),
      ("staging", .host, "the release could not be stored: one; two"),
      ("damaged", .host, "the release arrived damaged: one; two"),
      (
        "port 443 haproxy (pid 12)", .host,
        "port 443 is in use by haproxy (pid 12). Stop it, or move the site to another port."
      ),
      (
        "port 443 nginx (pid 12)", .host,
        "port 443 is in use by an nginx worker without a master process (pid 12). Stop it with"
          + " kill -QUIT 12."
      ),
      (
        "not-included /etc/nginx/http.d/deploy.conf", .host,
        "its nginx.conf does not include /etc/nginx/http.d/*.conf in its http block: add"
          + " \"include /etc/nginx/http.d/*.conf;\" there"
      ),
      ("nginx", .change, "its nginx does not accept the configuration: one; two"),
      ("firewall", .change, "its firewall tool rejects the firewall: one; two"),
      ("gone 5", .host, "it no longer has release 5: plan again"),
      ("abandoned", .host, "the controller did not continue in time: run the command again"),
      (
        "failed 7", .host,
        "an earlier transaction was interrupted and release 7 could not be restored: one; two"
      ),
      (
        "failed 0", .host,
        "an earlier transaction was interrupted and the configuration before deploy's first release"
          + " could not be restored: one; two"
      ),
    ] as [(String, Refusal.Cause, String)])
  func refusal(_ text: String, _ cause: Refusal.Cause, _ why: String) throws {
    // Repeated lines are reported once.
    #expect(
      RefusalText.refusal(try HostRefusal(text), lines: ["one", "two", "one", "one"], step: step)
        == Refusal(cause: cause, why: why))
  }

  @Test(
    "names the program that tests the firewall",
    arguments: [
      (["firewall.nft"], "its nft"), (["firewall.iptables", "firewall.ip6tables"], "its iptables"),
    ])
  func firewall(_ files: [String], _ program: String) {
    var step = step
    step.kind = .install(
      Installation(release: 8, files: files.map { PlannedFile(path: $0, source: .text("x")) }))
    #expect(
      RefusalText.refusal(.firewall, lines: ["one"], step: step)
        == Refusal(cause: .change, why: "\(program) rejects the firewall: one"))
  }

  @Test(
    "is reported for every rollback", arguments: [[], ["[emerg] one", "two"]],
    [
      ("reload", "nginx did not load the release"),
      ("firewall", "the firewall could not be loaded"),
      ("files", "the files of the release could not be installed"),
    ])
  func reversion(_ lines: [String], _ expected: (word: String, why: String)) {
    #expect(
      RefusalText.reversion(Reversion(expected.word), lines: lines, step: step)
        == expected.why + (lines.isEmpty ? "" : ": [emerg] one; two"))
  }

  @Test("is what the host itself recorded if no controller was connected")
  func hostsOwnReason() {
    for why in [
      "it was not confirmed in time", "it was cut off",
      "the host restarted before it was confirmed",
    ] {
      #expect(RefusalText.reversion(Reversion(why), lines: ["x"], step: step) == why)
      #expect(HostProgram.source.contains("'\(why)'"))
    }
  }

  @Test("names both releases if neither could be activated")
  func failed() {
    let why = "neither the new release nor release 7 could be activated"
    #expect(RefusalText.failed(7, lines: [], step: step) == why)
    #expect(RefusalText.failed(7, lines: ["one", "two"], step: step) == why + ": one; two")
  }

  private func ended(_ words: String, becoming: Bool, hasBegun: Bool = false) -> String {
    var connection = step.connection
    connection.ssh.become = becoming ? .sudo : .none
    return RefusalText.shellEnded(EarlyEnd(hasBegun: hasBegun, words: words), connection)
  }

  @Test(
    "names the setting that sudo needs if sudo failed",
    arguments: [
      (
        "sudo: a password is required",
        """
        sudo does not let ann become root without a password on the host: allow it in \
        /etc/sudoers.d with
            ann ALL=(root) NOPASSWD: ALL
        """
      ),
      (
        "Sorry, user ann is not allowed to execute '/bin/sh -c x' as root on app-1.",
        """
        sudo does not let ann become root without a password on the host: allow it in \
        /etc/sudoers.d with
            ann ALL=(root) NOPASSWD: ALL
        """
      ),
      (
        "sudo: sorry, you must have a tty to run sudo",
        """
        sudo requires a terminal on the host (requiretty): disable that in /etc/sudoers.d with
            Defaults:ann !requiretty
        """
      ),
    ])
  func sudo(_ said: String, _ why: String) {
    #expect(ended(said, becoming: true) == "\(why)\n  (\(said))")
    #expect(!ended(said, becoming: false).contains("sudoers.d"))
    #expect(!ended(said, becoming: true, hasBegun: true).contains("sudoers.d"))
  }

  @Test(
    "names the setting that sudo needs if the shell may run no program", arguments: [false, true])
  func noPrograms(_ hasBegun: Bool) {
    let said = "deploy: 1: eval: head: Permission denied"
    #expect(
      ended(said, becoming: true, hasBegun: hasBegun)
        == "sudo lets ann run a shell on the host, but no programs from it (NOEXEC): allow them in"
        + " /etc/sudoers.d with\n    ann ALL=(root) NOPASSWD: EXEC: ALL\n  (\(said))")
    #expect(!ended(said, becoming: false, hasBegun: hasBegun).contains("sudoers.d"))
  }

  @Test("says that sudo is not installed")
  func noSudo() {
    #expect(
      ended("sh: 1: exec: sudo: not found", becoming: true)
        == "sudo is not installed on the host: install it, or log in as root (ssh.user: root, no"
        + " ssh.become) (sh: 1: exec: sudo: not found)")
  }

  @Test(
    "quotes the answer of an account that does not run commands", arguments: [true, false])
  func otherCommand(_ becoming: Bool) {
    let why =
      "the account ann does not run commands sent to it: check its login shell, sshd's"
      + " ForceCommand, and command=\"…\" in its authorized_keys"
    #expect(
      ended("Please login as admin.", becoming: becoming)
        == why + ". It answered: Please login as admin.")
    #expect(ended("", becoming: becoming) == why + " (it printed nothing)")
    #expect(
      ended("killed", becoming: becoming, hasBegun: true) == "its shell ended early: killed")
    #expect(
      ended("", becoming: becoming, hasBegun: true) == "its shell ended early: it printed nothing")
  }

  @Test(
    "names the user's own file, and its line if there is one",
    arguments: [
      (
        "[emerg] unknown directive \"x\" in /etc/deploy/current/nginx/snippets/shop.conf:12",
        " — that is snippets/shop-be.conf:12, named at shop.yml:31:18"
      ),
      (
        "cannot load /etc/deploy/releases/8/nginx/snippets/shop.conf: no",
        " — that is snippets/shop-be.conf, named at shop.yml:31:18"
      ),
      (
        "cannot load /etc/deploy/current/nginx/snippets/shop.conf",
        " — that is snippets/shop-be.conf, named at shop.yml:31:18"
      ),
      ("in /etc/deploy/releases/7/nginx/snippets/shop.conf:1", ""),
      ("in /etc/deploy/current/nginx/deploy.conf:3", ""), ("", ""),
    ])
  func location(_ line: String, _ added: String) {
    #expect(RefusalText.located(line, step) == line + added)
    #expect(
      RefusalText.refusal(.nginx, lines: [line], step: step).why
        == "its nginx does not accept the configuration: \(line)\(added)")
  }
}
