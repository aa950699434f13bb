import ArgumentParser
import FleetFolders
import Foundation
import TestSupport
import Testing

@testable import CommandLine

@Suite("The environment and the completion of a shell")
struct ShellTests {
  private let home: Home

  init() throws { home = try Home() }

  /// Runs a script in the home folder, in which `$0` is the program.
  private func run(_ script: String) throws -> ProgramRun {
    try home.run(
      ["-c", "cd '\(home.path)' && \(script)", Home.programPath], passphrase: nil,
      program: "/bin/bash")
  }

  @Test("an empty DEPLOY_INVENTORY counts as not set")
  func emptyInventory() throws {
    try home.write(home.inventory, to: "shop.yml")
    let run = try run(
      "mkdir Inventories && mv shop.yml Inventories && DEPLOY_INVENTORY= exec \"$0\" check")
    #expect(run.status == 0 && run.output.contains("no mistakes"), "\(run.output)")
  }

  @Test(
    "completion offers the hosts and sites of included files, of files on top, and with given variables"
  )
  func parts() throws {
    try home.write(
      home.inventory + "\ninclude: [more.yml]\nvars: {site: /srv}\n", to: "shop.yml")
    try home.write(
      "back_ends: {app-7: {address: 198.18.0.27, labels: {role: web}}}\n", to: "more.yml")
    try home.write(
      "back_ends: {app-8: {address: 198.18.0.28}}\nsites: {shop.example: {back_end: {root: '${site}'}}}\n",
      to: "top.yml")
    let completion = FleetCompletion([
      "deploy", "plan", "-i", home.path + "/shop.yml", "--inventory=\(home.path)/top.yml", "--var",
      "site=/srv/b", "--var=site=/srv/a", "--limit",
    ])
    #expect(completion.hosts == ["app-1", "app-7", "app-8", "edge-1"])
    #expect(completion.labels == ["role=web"] && completion.sites == ["shop.example"])
  }

  private static let yaml = ["files", "shop.yaml", "shop.yml"]
  private static let all = ["files", "shop.json", "shop.plan", "shop.yaml", "shop.yml"]

  /// The words before the one to complete, and what is offered there in a folder of those files.
  private static let completions: [(words: String, offered: [String])] = [
    ("check -i", yaml), ("check -p", yaml), ("plan --playbook", yaml), ("apply -p", yaml),
    ("rollback -p", yaml), ("revoke -p", yaml), ("rotate certificates -p", yaml),
    ("rotate ca -p", yaml), ("plan --state", ["files", "shop.json"]), ("plan --out", all),
    ("apply", all), ("ca export --out", all), ("ca passphrase --new-file", all),
    ("cdn update", all), ("init", ["files"]),
  ]

  @Test("completion in bash offers the files that are wanted", arguments: completions)
  func completion(_ words: String, _ offered: [String]) throws {
    let run = try run(
      """
      mkdir files && touch shop.yml shop.yaml shop.json shop.plan || exit
      eval "$("$0" --generate-completion-script bash)"
      COMP_WORDS=(deploy \(words) '') COMP_LINE="${COMP_WORDS[*]}"
      COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_POINT=${#COMP_LINE}
      _deploy deploy '' "${COMP_WORDS[COMP_CWORD - 1]}"
      printf '%s\\n' "${COMPREPLY[@]}" | grep -v ^- | sort
      """)
    #expect(run.output.split(separator: "\n").map(String.init) == offered)
  }
}
