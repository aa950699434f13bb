import Inventories
package import State

/// What would change on a fleet and why; a value that can be read, compared and carried out.
///
/// Made by the planner alone: no file becomes a plan (`ApprovedPlan` is what a saved plan holds).
package struct Plan: Hashable, Sendable {
  package var fleet: String
  package var lineage: String
  /// The serial of the state that the plan was made from.
  package var serial: Int
  package var madeAt: Timestamp
  /// Sorted by host; those of one host in the order in which they are taken.
  package var steps: [HostStep]
  /// The order in which the hosts that change are taken.
  package var stages: [Stage]
  /// How many hosts may fail by the change itself before the run stops.
  package var maxFailures: Int
  /// Seconds between batches.
  package var pause: Int64
  /// Seconds after which a host that is not confirmed undoes its transaction.
  package var confirmWithin: Int64
  /// How many releases stay on a host.
  package var keepReleases: Int
  /// What the user should know before saying yes.
  package var warnings: [String]
  /// Whether every host that a run has changed goes back when the run stops, and not the failed one alone.
  package var revertsAll = false
  /// Whether each edge of a batch's hosts is tried before the next batch begins.
  package var verifiesEdges = false
  package var hooks = PlannedHooks(timeout: 60)
  /// Hosts that have revoked certificates, sorted: how they end stops nobody, and nobody waits long.
  package var revoked: [String] = []

  package init(
    fleet: String, lineage: String, serial: Int, madeAt: Timestamp, steps: [HostStep],
    stages: [Stage], maxFailures: Int, pause: Int64, confirmWithin: Int64, keepReleases: Int,
    warnings: [String]
  ) {
    self.fleet = fleet
    self.lineage = lineage
    self.serial = serial
    self.madeAt = madeAt
    self.steps = steps
    self.stages = stages
    self.maxFailures = maxFailures
    self.pause = pause
    self.confirmWithin = confirmWithin
    self.keepReleases = keepReleases
    self.warnings = warnings
  }

  package var hasChanges: Bool { steps.contains { $0.action.changesHost } }
  package var needsAuthority: Bool {
    steps.contains { $0.action.changesHost && !$0.certificates.isEmpty }
  }
}

/// A barrier: every host of a stage is done before the next stage begins.
package struct Stage: Hashable, Sendable {
  package var name: String
  /// Hosts by name, each once; those of one batch go together.
  package var batches: [[String]]

  package init(name: String, batches: [[String]]) {
    self.name = name
    self.batches = batches
  }
}

/// What a step does to a host.
package enum Action: String, Hashable, Sendable {
  case create, change, remove, unchanged
  /// A release that the host still has is put in force.
  case restore
  /// The host cannot take part; the reasons say why.
  case blocked
  /// The host could not be asked; the reasons say why.
  case unreachable

  package var symbol: Character {
    switch self {
    case .create: "+"
    case .change, .restore: "~"
    case .remove: "-"
    case .unchanged: " "
    case .blocked, .unreachable: "!"
    }
  }

  package var changesHost: Bool {
    switch self {
    case .create, .change, .remove, .restore: true
    case .unchanged, .blocked, .unreachable: false
    }
  }

  /// Whether a host that should take part does not.
  package var leavesHostOut: Bool {
    switch self {
    case .blocked, .unreachable: true
    case .create, .change, .remove, .restore, .unchanged: false
    }
  }
}

/// How a host is reached, in plain values.
package struct Connection: Hashable, Sendable {
  package var address: String
  package var port: Int
  package var user: String
  /// Whether commands run as root by `sudo`.
  package var becomes: Bool
  /// Private key files on the controller, as the inventory names them.
  package var identities: [String]
  package var knownHosts: String
  package var options: SSHOptions

  package init(
    address: String, port: Int, user: String, becomes: Bool = false, identities: [String],
    knownHosts: String, options: SSHOptions = SSHOptions()
  ) {
    self.address = address
    self.port = port
    self.user = user
    self.becomes = becomes
    self.identities = identities
    self.knownHosts = knownHosts
    self.options = options
  }
}

/// What is done on one host, as one transaction.
package struct HostStep: Hashable, Sendable {
  package var host: String
  package var connection: Connection
  package var roles: [String]
  package var action: Action
  /// For readers only; nothing is decided by them.
  package var reasons: [String]
  /// The number that the new release gets; 0 takes `deploy` off the host.
  package var release: Int
  /// Of a release that the host still has and that is put in force: what is in it.
  package var restored: RestoredRelease?
  /// The fingerprint that the host must still have; nil for what the step before it leaves there.
  package var expected: String?
  /// The release that the host has now.
  package var present: ReleaseRecord?
  /// The SHA-256 of its manifest.
  package var presentDigest: String?
  /// The stage, by its position in the plan.
  package var stage = 0
  /// The release that was in force before the run, where this is not the host's first step.
  package var replaces: Int?
  /// What the release does for the fleet's edges.
  package var facts = EdgeFacts()
  /// The whole new release, sorted by path.
  package var files: [PlannedFile]
  package var certificates: [PlannedCertificate]
  package var changes: [FileChange]
  /// Ports that nginx comes to listen on, sorted: not those that it has already.
  package var ports: [Int]
  /// Steps without which this one would break an edge.
  package var needs: [Need] = []
  /// For sites that visitors reach already: where requests can go, one of which must be there.
  package var ways: [Way] = []

  /// That a host has come to a release in this run.
  package struct Need: Hashable, Sendable {
    package var host: String
    /// Nil where this run does not change the host.
    package var release: Int?
    /// Others that must have come to theirs too, because requests pass through them.
    package var through: [Need] = []

    package init(host: String, release: Int?) {
      self.host = host
      self.release = release
    }
  }

  /// A site and the back-ends that could serve it.
  package struct Way: Hashable, Sendable {
    package var site: String
    package var needs: [Need]

    package init(site: String, needs: [Need]) {
      self.site = site
      self.needs = needs
    }
  }

  package init(
    host: String, connection: Connection, roles: [String], action: Action, reasons: [String],
    release: Int = 0, expected: String? = "none",
    present: ReleaseRecord? = nil, files: [PlannedFile] = [],
    certificates: [PlannedCertificate] = [], changes: [FileChange] = [], ports: [Int] = []
  ) {
    self.host = host
    self.connection = connection
    self.roles = roles
    self.action = action
    self.reasons = reasons
    self.release = release
    self.expected = expected
    self.present = present
    self.files = files
    self.certificates = certificates
    self.changes = changes
    self.ports = ports
  }
}

/// A release that a host still has, by its proven manifest.
package struct RestoredRelease: Hashable, Sendable, Codable {
  package var release: ReleaseRecord
  /// The SHA-256 of the manifest.
  package var digest: String

  package init(release: ReleaseRecord, digest: String) {
    self.release = release
    self.digest = digest
  }
}

extension HostStep {
  /// How the host comes to the release.
  package enum Mode: String, Hashable, Sendable {
    case install, restore, remove
  }

  package var mode: Mode {
    switch action {
    case .remove: .remove
    case .restore: .restore
    case .create, .change, .unchanged, .blocked, .unreachable: .install
    }
  }
}

/// One file of a planned release.
package struct PlannedFile: Hashable, Sendable {
  package enum Source: Hashable, Sendable {
    case text(String)
    /// The file of this path in the release that is in force before, as it is.
    case present
    /// The certificate that is issued for this path when the plan is carried out.
    case certificate(String)
    /// The key of the certificate that is issued for this path.
    case key(String)
    /// A secret file of the controller, read when the plan is carried out.
    case local(String, FileRecord)
  }

  package var path: String
  package var source: Source
  package var isSecret: Bool
  /// The user's file that this one is a copy of.
  package var origin: Origin?

  /// A file of the user's and where the inventory names it.
  package struct Origin: Hashable, Sendable {
    package var path: String
    package var place: String

    package init(path: String, place: String) {
      self.path = path
      self.place = place
    }
  }

  package init(path: String, source: Source, isSecret: Bool = false, origin: Origin? = nil) {
    self.path = path
    self.source = source
    self.isSecret = isSecret
    self.origin = origin
  }
}

/// A certificate that a host needs, and whether it has it already.
package struct PlannedCertificate: Hashable, Sendable {
  package enum Purpose: String, Hashable, Sendable {
    /// Shown by a server: serverAuth (RFC 5280, 4.2.1.12).
    case server
    /// Shown by a front-end to its back-ends: clientAuth.
    case client
  }

  /// Where the certificate goes, below the release's folder.
  package var path: String
  package var keyPath: String
  package var purpose: Purpose
  package var commonName: String
  /// The DNS names of the subject alternative name, sorted.
  package var names: [String]
  /// The kind of key, as the inventory writes it.
  package var key: String
  /// Seconds.
  package var validFor: Int64
  /// Why a new one is issued.
  package var reason: String
  /// The one that it takes the place of.
  package var replaced: CertificateRecord?

  package init(
    path: String, keyPath: String, purpose: Purpose, commonName: String, names: [String],
    key: String, validFor: Int64, reason: String = "", replaced: CertificateRecord? = nil
  ) {
    self.path = path
    self.keyPath = keyPath
    self.purpose = purpose
    self.commonName = commonName
    self.names = names
    self.key = key
    self.validFor = validFor
    self.reason = reason
    self.replaced = replaced
  }
}

/// How one file differs from what the host has.
package struct FileChange: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    case create, change, remove

    package var symbol: Character {
      switch self {
      case .create: "+"
      case .change: "~"
      case .remove: "-"
      }
    }
  }

  package var path: String
  package var kind: Kind
  /// A unified diff; empty for what is not shown: keys, and certificates that have fields instead.
  package var diff: String

  package init(path: String, kind: Kind, diff: String = "") {
    self.path = path
    self.kind = kind
    self.diff = diff
  }
}
