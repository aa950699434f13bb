import Fleet
import FleetLiterals
import TestSupport
import Testing

@testable import Verification

@Suite("The order in which checks run")
struct CheckScheduleTests {
  private typealias Schedule = CheckSchedule

  /// What runs at a moment, with the limits checked.
  private struct Running {
    var jobs: [Schedule.Job] = []
    var begun: Set<Schedule.Check> = []
    var loggedOut: Set<HostName> = []

    mutating func add(_ more: [Schedule.Job]) {
      for job in more {
        switch job {
        case .logIn: jobs.append(job)
        case .run(let check, _):
          #expect(begun.insert(check).inserted, "\(check) runs twice")
          jobs.append(job)
        case .logOut(let host): #expect(loggedOut.insert(host).inserted)
        }
      }
    }
  }

  @Test("with any limits, and whatever fails, each check runs once and no limit is exceeded")
  func limits() throws {
    var random = SeededGenerator.announced()
    for _ in 0..<300 {
      var number = 0
      func checks(_ most: Int, _ kind: (Int) -> Schedule.Check) -> [Schedule.Check] {
        (0..<Int.random(in: 0...most, using: &random)).map { _ in
          number += 1
          return kind(number)
        }
      }
      let sources = (0..<Int.random(in: 1...20, using: &random)).map { index in
        Schedule.Source(
          host: "h\(index)", bastion: [nil, "b1", "b2"].randomElement(using: &random) ?? nil,
          probes: checks(30) { .edge($0) }, waits: checks(20) { .forbiddenConnection($0) })
      }
      var limits = CheckLimits(hosts: .random(in: 1...8, using: &random))
      limits.hostsPerBastion = .random(in: 1...3, using: &random)
      limits.probesPerHost = .random(in: 1...5, using: &random)
      limits.connections = .random(in: 1...10, using: &random)
      let bastions = Dictionary(uniqueKeysWithValues: sources.map { ($0.host, $0.bastion) })
      var schedule = Schedule(sources, limits)
      var running = Running()
      var failed: Set<Schedule.Check> = []
      running.add(schedule.logins())
      while !running.jobs.isEmpty {
        var busy: [HostName: Int] = [:]
        var waits: [HostName: Int] = [:]
        for job in running.jobs {
          switch job {
          case .logIn(let host), .run(.edge, let host), .run(.publicEndpoint, let host):
            busy[host, default: 0] += 1
          case .run(.forbiddenConnection, let host): waits[host, default: 0] += 1
          case .logOut: break
          }
        }
        #expect(busy.count <= limits.hosts)
        #expect(busy.values.allSatisfy { $0 <= limits.probesPerHost })
        #expect(waits.values.allSatisfy { $0 <= 4 })
        #expect(Set(busy.keys).union(waits.keys).count <= limits.connections)
        for bastion in ["b1", "b2"] {
          #expect(busy.keys.count { bastions[$0] == bastion } <= limits.hostsPerBastion)
        }
        let job = running.jobs.remove(at: .random(in: running.jobs.indices, using: &random))
        switch job {
        case .logIn(let host) where Int.random(in: 0..<4, using: &random) == 0:
          let (jobs, untried) = schedule.failed(at: host)
          failed.formUnion(untried)
          running.add(jobs)
        case .logIn(let host): running.add(schedule.loggedIn(to: host))
        case .run(let check, let host): running.add(schedule.ended(check, from: host))
        case .logOut: break
        }
      }
      let all = Set(sources.flatMap { $0.probes + $0.waits })
      #expect(running.begun.union(failed) == all && running.begun.isDisjoint(with: failed))
      #expect(running.loggedOut == Set(sources.map(\.host)))
    }
  }

  @Test("the busiest hosts begin first, and a host that only waits lets another begin")
  func order() throws {
    let sources = [
      Schedule.Source(host: "app-1", bastion: nil, waits: [.forbiddenConnection(0)]),
      Schedule.Source(host: "app-2", bastion: nil, waits: [.forbiddenConnection(1)]),
      Schedule.Source(host: "edge-1", bastion: nil, probes: [.edge(0)]),
      Schedule.Source(host: "edge-2", bastion: nil, probes: [.edge(1), .edge(2)]),
    ]
    var schedule = Schedule(sources, CheckLimits(hosts: 2))
    #expect(schedule.logins() == [.logIn("edge-2"), .logIn("edge-1")])
    #expect(schedule.loggedIn(to: "edge-1") == [.run(.edge(0), from: "edge-1")])
    #expect(
      schedule.ended(.edge(0), from: "edge-1") == [.logOut("edge-1"), .logIn("app-1")])
    #expect(
      schedule.loggedIn(to: "app-1")
        == [.run(.forbiddenConnection(0), from: "app-1"), .logIn("app-2")])
  }

  @Test("hosts behind one bastion wait for each other, and others do not wait for them")
  func bastions() throws {
    let sources =
      ["a", "b", "c"].map { Schedule.Source(host: $0, bastion: "jump", probes: [.edge(0)]) }
      + [Schedule.Source(host: "d", bastion: nil, probes: [.edge(1)])]
    var limits = CheckLimits(hosts: 10)
    limits.hostsPerBastion = 2
    var schedule = Schedule(sources, limits)
    #expect(schedule.logins() == [.logIn("a"), .logIn("b"), .logIn("d")])
    #expect(schedule.failed(at: "a").jobs == [.logOut("a"), .logIn("c")])
  }

  @Test(
    "few connections that must be refused are tried one after the other, many at the same time",
    arguments: [(1, 1), (4, 1), (5, 2), (12, 3), (100, 4)])
  func waits(count: Int, atOnce: Int) throws {
    let source = Schedule.Source(
      host: "app-1", bastion: nil, waits: (0..<count).map { .forbiddenConnection($0) })
    var schedule = Schedule([source], CheckLimits(hosts: 1))
    _ = schedule.logins()
    #expect(schedule.loggedIn(to: "app-1").count == atOnce)
  }
}
