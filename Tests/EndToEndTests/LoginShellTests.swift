import Sandbox
import TestSupport
import Testing

@Suite(
  "Accounts with a login shell other than plain sh", .serialized,
  .requires(isRoot, "namespaces need root"))
struct LoginShellTests {
  /// Leaves a line without its end, as one that sets a terminal's title does, and a process that keeps
  /// standard output open.
  private static let startUp = [
    "edge-1": (
      "/bin/bash", "/root/.bashrc",
      #"printf '| Welcome |\n\033]0;edge-1\007'; sleep 300 &"#
    ),
    "app-1": ("/bin/csh", "/root/.cshrc", #"printf '\033]0;app-1\007'"#),
    "app-2": ("/usr/bin/fish", "/root/.config/fish/config.fish", #"printf '\033]0;app-2\007'"#),
    "app-3": ("/bin/tcsh", "/root/.tcshrc", "sleep 300 &; echo -n title"),
  ]

  private func setUp(_ scene: Scene) async throws {
    for (host, (shell, file, lines)) in Self.startUp {
      let output = try await scene.on(
        host,
        """
        mkdir -p "${2%/*}" && printf '%s\n' "$3" > "$2" &&
        sed -i "s|^\\(root:.*:\\)[^:]*$|\\1$1|" /etc/passwd && grep "^root:.*:$1$" /etc/passwd
        """, shell, file, lines)
      #expect(output.status == 0, "\(host): \(output.all)")
    }
  }

  @Test("are deployed to, whatever their start-up files print", arguments: ["builtin", "openssh"])
  func startUpFiles(_ transport: String) async throws {
    var inventory = InventoryText()
    inventory.backEnds["app-3"] = "198.18.0.23"
    inventory.ssh = "{user: root, identity: ~/.ssh/id_ed25519, transport: \(transport)}"
    try await Scene.play(inventory) { scene in
      try await setUp(scene)
      let first = try await scene.apply()
      for host in Self.startUp.keys {
        #expect(first.stdout.contains("\(host) "), "\(first.all)")
      }
      #expect(!first.all.contains("Welcome"), "\(first.all)")
      try await scene.expectNoChanges()
      inventory.root = "/srv/other"
      try scene.write(inventory)
      try await scene.apply()
      try await scene.succeed("rollback", "app-1", "app-2", "--yes")
      try await scene.succeed("status")
    }
  }

  @Test("are refused with what they run instead of the command")
  func otherCommands() async throws {
    var inventory = InventoryText()
    inventory.backEnds["app-3"] = "198.18.0.23"
    try await Scene.play(inventory) { scene in
      try await scene.on(
        "app-1", "sed -i 's|^\\(root:.*:\\)[^:]*$|\\1/usr/sbin/nologin|' /etc/passwd")
      for (host, command) in [
        ("app-2", #"echo 'Please login as the user "admin" rather than "root".'; exit 142"#),
        ("app-3", #"printf '\033[31mmenu> '; read -r answer; exit 1"#),
      ] {
        try await scene.on(
          host,
          """
          for file in $(sshd -T | sed -n 's/^authorizedkeysfile //p'); do
            case $file in /*) ;; *) file=/root/$file ;; esac
            [ ! -f "$file" ] || sed -i "s|^|command=\\"$(printf %s "$1" | sed 's/["\\\\]/\\\\\\\\&/g')\\" |" "$file"
          done
          """, command)
      }
      let output = try await scene.deploy("apply", "--yes")
      let why = "because the account root does not run commands sent to it: check its"
      #expect(output.stdout.ranges(of: why).count == 3, "\(output.all)")
      for host in ["app-1", "app-2", "app-3"] {
        #expect(output.stdout.contains("! \(host) (back-end, "), "\(output.all)")
      }
      #expect(output.stdout.ranges(of: "unreachable  see the plan").count == 3, "\(output.all)")
      #expect(
        output.stdout.contains("It answered: This account is currently not available."),
        "\(output.all)")
      #expect(
        output.stdout.contains(#"It answered: Please login as the user "admin" rather than"#),
        "\(output.all)")
      #expect(output.stdout.contains(#"It answered: \u{1B}[31mmenu> "#), "\(output.all)")
    }
  }
}
