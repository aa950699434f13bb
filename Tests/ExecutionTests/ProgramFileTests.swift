import Fleet
import FleetLiterals
import Foundation
import Planning
import TestSupport
import Testing

@testable import Execution

/// The program file on a host after the calls that a controller makes.
@Suite("The host program on a host", .timeLimit(.minutes(5)))
struct ProgramFileTests {
  static let program = HostProgram.relocatable(digest: LoginShellTests.sha256)

  /// `install`, `remove`, `survey` and `confirms RELEASE`; `program` is where the host keeps it. Each
  /// says what the host says, but for its version.
  static let start = #"""
    kept=$root/lib/\#(program.digest)
    call() {
      { cat "$folder/$1.launcher"; [ -e "$kept" ] && [ -z "${2-}" ] || cat "$host_program"; cat "$folder/$1.input"; } \
        > "$folder/input"
      env $(cat "$folder/environment" 2> /dev/null) $shell -c 'read -r p && eval "$p"' x x '1 2 3 4' < "$folder/input" |
        sed -n 's/^@deploy //p' | grep -v -e version -e begin
    }
    installs() { call install ${1-} && call confirm ${1-}; settled; }
    settled() { until flock -n "$run/lock" true; do :; done; }
    has_program() {
      cmp "$kept" "$host_program" && [ "$root/undo.sh" -ef "$kept" ] && stat -c '%a %U' "$root/lib" "$kept"
    }

    """#

  func host(window: Int64 = 100) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.records("nft")
    let rules = Array("rules\n".utf8)
    var archive = TarArchive()
    archive.addFile("firewall.nft", mode: 0o644, content: rules)
    archive.addFile(
      "manifest", mode: 0o644,
      content: Array("file \(LoginShellTests.sha256(rules)) 0644 firewall.nft\nend\n".utf8))
    archive.finish()
    func order(_ mode: TransactionOrder.Mode, _ release: ReleaseNumber?, _ size: Int) -> HostCommand
    {
      .transaction(
        TransactionOrder(
          mode: mode, release: release, expected: "none", digest: nil, kept: 0, size: size,
          patience: 100, window: window, ports: [], who: "ann@laptop"))
    }
    let install = order(.install, 1, archive.bytes.count)
    try add("install", install, archive.bytes, to: folder)
    try add(
      "both", .survey(vulnerabilities: []),
      HostCall(command: install, program: Self.program).nextLine + archive.bytes, to: folder)
    try add("confirm", .confirm(release: 1, keep: 5, digest: nil), nil, to: folder)
    try add("removed", .confirm(release: nil, keep: 5, digest: nil), nil, to: folder)
    try add("survey", .survey(vulnerabilities: []), nil, to: folder)
    try add("remove", order(.remove, nil, 0), [], to: folder)
    return folder
  }

  private func add(
    _ name: String, _ command: HostCommand, _ stream: [UInt8]?, to folder: TemporaryFolder
  ) throws {
    try folder.write(
      HostCall(command: command, program: Self.program).launcher(root: folder.path + "/root"),
      to: name + ".launcher")
    try folder.write(stream.map { $0 + Array("go\n".utf8) } ?? [], to: name + ".input")
  }

  func run(
    _ shell: Shell, _ lines: String, in folder: TemporaryFolder
  ) throws -> Shell.Result {
    try folder.write(Self.start, to: "start")
    return try shell.run(". \"$folder/start\"\n" + lines, in: folder)
  }

  @Test("is there from the first transaction on, for root alone", arguments: Shell.withBash)
  func installed(_ shell: Shell) throws {
    let result = try run(
      shell,
      #"""
      call survey | sed -n '/^missing/p;$p'; [ -e "$root/lib" ] || echo unchanged
      installs; has_program; (cd "$root" && ls . lib | grep new)
      call survey | sed -n '/^missing/p;$p'; call confirm
      """#, in: host())
    #expect(
      result.output == """
        missing
        end
        unchanged
        missing
        staged
        prepared
        switching
        applied 1
        confirmed 1
        700 root
        700 root
        end
        confirmed 1

        """, "\(result.error)")
  }

  @Test(
    "runs the same when the root shell's environment has its variables", arguments: Shell.withBash)
  func environment(_ shell: Shell) throws {
    let folder = try host()
    let names = Set(HostProgram.source.matches(of: /\$\{?([a-z]\w*)/).map { String($0.1) })
    #expect(names.isSuperset(of: ["root", "is_staged", "watcher", "program_text", "at_mode"]))
    let settings = names.subtracting(["folder"]).flatMap {
      ["\($0)=1", "DEPLOY_\($0.uppercased())=/"]
    }
    try folder.write(settings.joined(separator: "\n"), to: "environment")
    let result = try run(
      shell,
      #"""
      installs; has_program; call survey | sed -n '$p'; call confirm
      sed "s/'expected=none'/'expected=$(fingerprint 1)'/; s/release=1/release=2/" "$folder/install.launcher" \
        > "$folder/new" && mv "$folder/new" "$folder/install.launcher"
      call install; has_program
      """#, in: folder)
    #expect(
      result.output == """
        missing
        staged
        prepared
        switching
        applied 1
        confirmed 1
        700 root
        700 root
        end
        confirmed 1
        staged
        prepared
        switching
        applied 2
        700 root
        700 root

        """, "\(result.error)")
  }

  @Test("leaves with the rest of deploy, and is not needed for that", arguments: Shell.withBash)
  func removed(_ shell: Shell) throws {
    let result = try run(
      shell,
      #"""
      installs > /dev/null; sed "s/'expected=none'/'expected=$(fingerprint 1)'/" "$folder/remove.launcher" \
        > "$folder/remove.new" && mv "$folder/remove.new" "$folder/remove.launcher"
      call remove; [ -e "$kept" ] && echo there; call removed; settled; [ -e "$root" ] || echo bare
      call removed; alone; [ -e "$root" ] || echo bare
      """#, in: host())
    #expect(
      result.output
        == """
        prepared
        switching
        applied 0
        there
        confirmed 0
        bare
        missing
        confirmed 0
        alone
        bare

        """.replacing("prepared\n", with: "staged\nprepared\n"), "\(result.error)")
  }

  @Test(
    "is replaced and never run if it was altered or is incomplete", arguments: Shell.withBash,
    [
      #"echo "echo altered" >> "$kept""#, #"head -c 9999 "$host_program" > "$kept""#,
      #": > "$kept""#,
    ])
  func altered(_ shell: Shell, _ harm: String) throws {
    let folder = try host()
    let result = try run(
      shell,
      """
      installs > /dev/null; \(harm)
      call confirm sent | grep -x -e altered -e missing -e 'confirmed 1'
      sed "s/'expected=none'/'expected=$(fingerprint 1)'/; s/release=1/release=2/" "$folder/install.launcher" \
        > "$folder/new" && mv "$folder/new" "$folder/install.launcher"
      call install sent | grep -x -e altered -e missing -e 'applied 2'; has_program
      """, in: folder)
    #expect(
      result.output == """
        missing
        confirmed 1
        missing
        applied 2
        700 root
        700 root

        """, "\(result.error)")
  }

  @Test(
    "is not left on a host that the first transaction does not change", arguments: Shell.withBash)
  func refused(_ shell: Shell) throws {
    let result = try run(
      shell,
      #"""
      head -c -3 "$folder/install.input" > "$folder/part"; mv "$folder/part" "$folder/install.input"
      call install | tail -n 1; [ -e "$root" ] || echo bare
      """#, in: host())
    #expect(result.output == "refused abandoned\nbare\n", "\(result.error)")
  }

  @Test(
    "is refused with the system's message if the disk is full or read-only",
    arguments: Shell.withBash)
  func disk(_ shell: Shell) throws {
    let folder = try host()
    let result = try run(
      shell,
      #"""
      said() { $shell -c 'read -r p && eval "$p"' x x x \
        < "$folder/input" | grep -e '^|' -e refused | sed 's/.*: /| /'; }
      cat "$folder/install.launcher" "$host_program" "$folder/install.input" > "$folder/input"
      mount -t tmpfs -o size=40k none "$root"; said; ls -A "$root"; umount "$root"
      mount -t tmpfs -o ro none "$root"; said
      """#, in: folder)
    #expect(
      result.output == """
        | No space left on device
        @deploy refused no-space
        | Read-only file system
        @deploy refused no-space

        """, "\(result.error)")
  }

  @Test("is removed if it is older than another that is not in use", arguments: Shell.withBash)
  func pruned(_ shell: Shell) throws {
    let result = try run(
      shell,
      #"""
      mkdir -m 0700 "$root/lib"
      for age in 3 1 2; do echo "$age" > "$root/lib/$age"; touch -d "@$((1000 - age))" "$root/lib/$age"; done
      installs > /dev/null; cd "$root/lib"; ls | sed 's/^.\{64\}$/own/' | sort
      """#, in: host())
    #expect(result.output == "1\nown\n", "\(result.error)")
  }

  @Test(
    "replaces an earlier version's undo.sh, and rolls back what that version left interrupted",
    arguments: Shell.withBash)
  func earlierVersion(_ shell: Shell) throws {
    let folder = try host()
    try folder.records("systemctl")
    try folder.records("systemd-run")
    let result = try run(
      shell,
      #"""
      mkdir -p /run/systemd/system "$run" "$root/releases/7" "$root/releases/8"
      ln -s releases/8 "$root/current"; echo '#!/bin/sh' > "$root/undo.sh"; write_units
      echo '8 7 install applied ann@laptop' > "$root/pending"; : > "$run/lock"; : > "$folder/calls"
      sed "s/'expected=none'/'expected=$(fingerprint 7)'/; s/release=1/release=9/" "$folder/install.launcher" \
        > "$folder/new" && mv "$folder/new" "$folder/install.launcher"
      call install; has_program; cat "$root/pending"; grep systemctl "$folder/calls"
      $shell "$root/undo.sh" now 9; readlink "$root/current"
      """#, in: folder)
    #expect(
      result.output == """
        missing
        recovering 7
        staged
        prepared
        switching
        applied 9
        700 root
        700 root
        9 7 install - ann@laptop
        systemctl stop deploy-undo-8.timer
        releases/7

        """, "\(result.error)")
  }
}
