package import Fleet

/// An event of a run, for the progress display.
package enum ProgressEvent: Hashable, Sendable {
  case connecting(host: HostName)
  case surveyed(host: HostName)
  case staged(host: HostName)
  case prepared(host: HostName)
  /// It gets the go signal: from here on only the host knows the result.
  case started(host: HostName)
  case switching(host: HostName)
  /// A warning about a host that is not an error: a line of nginx's output, or a failed hook.
  case warned(host: HostName, String)
  /// A line that a command of the playbook wrote.
  case hookSaid(host: HostName, String)
  case settled(host: HostName, HostResult)
  case pausing(seconds: Int64)
  case verifying(hosts: [HostName])
  /// Edges that could not be tested, one line each.
  case untried(edges: [String])

  // What the user waits for. One activity is under way at a time.
  case began(Activity)
  /// One member of the activity is no longer waited for.
  case finished(member: String)
  case ended
  /// A rollout begins: the hosts that change, with the number of their steps.
  case rollingOut(steps: [HostName: Int])
  case entered(RolloutPosition)
  case rolledOut
  /// Some checks of `deploy verify` have ended.
  case checked(CheckProgress)
}

/// Work on several hosts at the same time, for which the user waits: `asking 40 hosts: 39 answered`.
package struct Activity: Hashable, Sendable {
  /// What is done to the members, such as `asking`.
  package var verb: String
  /// What the members are: a noun whose plural ends with "s".
  package var noun: String
  /// What a member has done, or what was done to it, when it is finished, such as `answered`.
  package var past: String
  /// The names of the members.
  package var members: [String]

  package init(_ verb: String, _ noun: String = "host", past: String, members: [String]) {
    self.verb = verb
    self.noun = noun
    self.past = past
    self.members = members
  }

  /// An activity whose members are hosts.
  package init(_ verb: String, past: String, hosts: some Sequence<HostName>) {
    self.init(verb, past: past, members: hosts.sorted().map(\.text))
  }
}

/// How far a rollout is in the order of its plan. Numbers begin with 1.
package struct RolloutPosition: Hashable, Sendable {
  package var stage: Int
  package var stages: Int
  /// The name of the stage.
  package var name: String
  package var batch: Int
  package var batches: Int

  package init(stage: Int, of stages: Int, named name: String, batch: Int, of batches: Int) {
    self.stage = stage
    self.stages = stages
    self.name = name
    self.batch = batch
    self.batches = batches
  }
}

/// How far `deploy verify` has come.
package struct CheckProgress: Hashable, Sendable {
  /// How many checks of a kind have ended, of all that run.
  package struct Part: Hashable, Sendable {
    package var done = 0
    package let all: Int
  }

  package var edges: Part
  /// Connections that must be refused, and sites as visitors reach them.
  package var others: Part

  package init(edges: Int, others: Int) {
    self.edges = Part(all: edges)
    self.others = Part(all: others)
  }
}
