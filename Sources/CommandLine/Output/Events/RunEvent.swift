import Application
import Diagnostics
import Execution
import Fleet

/// One line of the events of a run. Fields that an event does not have are left out.
struct RunEvent: Encodable {
  /// What the run took by SSH.
  struct Wire: Encodable {
    var connections: Int
    var executions: Int
    var bytesSent: Int
    var bytesReceived: Int

    init(_ traffic: SSHTraffic) {
      connections = traffic.connections
      executions = traffic.executions
      bytesSent = traffic.bytesSent
      bytesReceived = traffic.bytesReceived
    }
  }

  let version = 1
  var event: String
  var sequence = 0
  var at = Timestamp.current
  var run: String?
  var fleet: String?
  var command: [String]?
  var host: String?
  var hosts: [String]?
  var hasChanges: Bool?
  /// What a host has reached.
  var step: String?
  var result: String?
  var detail: String?
  /// The stage of the plan, its name and its batch, from 1.
  var stage: Int?
  var stages: Int?
  var name: String?
  var batch: Int?
  var batches: Int?
  var site: String?
  var text: String?
  var edges: [String]?
  var seconds: Int64?
  var exit: Int32?
  var failure: String?
  var isSuccess: Bool?
  var stopped: String?
  var warnings: [String]?
  var counts: [String: Int]?
  var ssh: Wire?

  init(_ event: String, run: String? = nil, fleet: String? = nil, command: [String]? = nil) {
    self.event = event
    self.run = run
    self.fleet = fleet
    self.command = command
  }

  init(_ host: HostName, _ result: HostResult) {
    self.init("host-result")
    self.host = host.text
    self.result = result.name
    detail = result.detail
  }

  private init(_ host: HostName, step: String) {
    self.init("host-step")
    self.host = host.text
    self.step = step
  }

  private init(_ event: String, _ host: HostName, text: String) {
    self.init(event)
    self.host = host.text
    self.text = text
  }

  /// Nil for what only a status area shows.
  init?(_ progress: ProgressEvent) {
    switch progress {
    case .connecting(let host): self.init(host, step: "connecting")
    case .surveyed(let host): self.init(host, step: "surveyed")
    case .staged(let host): self.init(host, step: "staged")
    case .prepared(let host): self.init(host, step: "validated")
    case .started(let host): self.init(host, step: "started")
    case .switching(let host): self.init(host, step: "switching")
    case .warned(let host, let line): self.init("host-warning", host, text: line)
    case .hookSaid(let host, let line): self.init("hook-output", host, text: line)
    case .settled(let host, let result): self.init(host, result)
    case .pausing(let seconds):
      self.init("pause")
      self.seconds = seconds
    case .verifying(let hosts):
      self.init("verifying")
      self.hosts = hosts.map(\.text)
    case .untried(let edges):
      self.init("untested")
      self.edges = edges
    case .entered(let position):
      self.init("stage-started")
      stage = position.stage
      stages = position.stages
      name = position.name
      batch = position.batch
      batches = position.batches
    case .began, .finished, .ended, .rollingOut, .rolledOut, .checked: return nil
    }
  }
}
