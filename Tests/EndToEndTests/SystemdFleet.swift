import Sandbox
import Testing

/// What this machine lacks for systemd hosts; nil if nothing is missing.
let systemdProblem = SandboxHost.System.systemd.blocker

/// The kinds of hosts that this machine can make.
let systems = SandboxHost.System.allCases.filter { $0.blocker == nil }

/// Hosts of both kinds in one fleet: those with an even number have systemd, where it can be had.
func mixedSystems(_ host: inout SandboxHost) {
  guard systemdProblem == nil,
    let number = host.name.split(separator: "-").last.flatMap({ Int($0) })
  else { return }
  host.system = number.isMultiple(of: 2) ? .systemd : .plain
}

/// A front-end and a back-end with systemd, and a back-end without.
enum SystemdFleet {
  static let hosts = ["app-1", "edge-1"]

  /// Two inventories that differ in what nginx serves and in what the firewall opens.
  static func inventory(_ variant: Int = 0) -> InventoryText {
    var inventory = InventoryText(root: variant.isMultiple(of: 2) ? "/srv/shop" : "/srv/other")
    inventory.firewall = "{policy: drop, allow: [{port: \(9000 + variant)}]}"
    return inventory
  }

  /// - Parameter seconds: the window of the playbook `quick.yml`.
  static func play(
    _ inventory: InventoryText = inventory(), confirmWithin seconds: Int = 5,
    _ body: (Scene) async throws -> Void
  ) async throws {
    try await Scene.play(
      inventory, alter: { $0.system = hosts.contains($0.name) ? .systemd : .plain }
    ) { scene in
      try scene.write(
        "name: quick\nrollout: {batch: 100%, confirm_within: \(seconds)s}\n", to: "quick.yml")
      try await body(scene)
    }
  }
}

extension Scene {
  /// The current release of a host, by everything that could show another one: the
  /// link, the include, what nginx holds open, the files, the loaded rules, what is under way.
  func inForce(on host: String) async throws -> String {
    try await on(
      host,
      """
      cd /etc/deploy 2>/dev/null || { echo bare; exit; }
      link=$(readlink current)
      include=$(grep -c '/etc/deploy/current/nginx/deploy.conf' /etc/nginx/conf.d/deploy.conf)
      served=$(ls -l "/proc/$(cat /run/nginx.pid)/fd" | sed -n 's#.*/releases/\\(.*\\)/served$#\\1#p' |
        sort -u)
      files=$(cd current && sed -n 's/^file \\([0-9a-f]*\\) [0-7]* /\\1  /p' manifest |
        sha256sum -c --quiet >/dev/null 2>&1 && echo whole)
      rules=$(for each in releases/*; do
        nft -s list table inet deploy 2>/dev/null | cmp -s - "$each/firewall.listing" && echo "$each"
      done)
      echo $link, include $include, served $served, files $files, rules $rules
      ls -d pending undoing confirming 2>/dev/null
      """
    ).stdout
  }

  static func whole(_ release: Int) -> String {
    "releases/\(release), include 1, served \(release)/nginx, files whole,"
      + " rules releases/\(release)\n"
  }

  func expectWhole(
    _ release: Int, on host: String, _ why: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let found = try await inForce(on: host)
    #expect(found == Self.whole(release), "\(host) \(why)", sourceLocation: sourceLocation)
  }

  /// Nothing that is loaded or set to happen is of `deploy`, and systemd would say so.
  func expectNoUnits(on host: String, sourceLocation: SourceLocation = #_sourceLocation)
    async throws
  {
    let output = try await on(
      host,
      """
      systemctl list-units --all --plain --no-legend 'deploy*'
      systemctl list-timers --all --no-legend 'deploy*'
      systemctl list-unit-files --no-legend 'deploy*'
      systemctl cat nftables.service | grep -i deploy
      systemctl --failed --plain --no-legend
      ls -d /etc/deploy /etc/systemd/system/nftables.service.d 2>/dev/null
      """)
    #expect(output.all == "", "\(host)", sourceLocation: sourceLocation)
  }

  func journal(of host: String) async throws -> String {
    try await on(host, "journalctl -t deploy -o cat --no-pager").stdout
  }

  func result(on host: String) async throws -> String {
    try await on(host, "cat /etc/deploy/result").stdout
  }
}
