import Foundation
import TestSupport
import Testing

@testable import SSH

extension OverTheNetwork {
  @Suite("Hosts behind other hosts")
  struct JumpTests {
    let bastion: Server
    let host: Server
    let client: SSHClient

    init() async throws {
      bastion = try await Server()
      host = try await Server()
      client = try SSHClient()
    }

    func jump(_ server: Server, as label: String = "bastion") -> Destination {
      var jump = server.destination()
      jump.label = label
      return jump
    }

    func behind(_ servers: Server..., to host: Server) -> Destination {
      var destination = host.destination()
      destination.jumps = servers.enumerated().map { jump($1, as: "bastion-\($0 + 1)") }
      return destination
    }

    func name(of connection: Connection) async throws -> String {
      let process = try await connection.start("echo $SSH_CONNECTION | cut -d' ' -f4")
      var all: [UInt8] = []
      while let chunk = try await process.read() { all += chunk }
      return String(decoding: all, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test("A host behind a bastion is reached only through it")
    func oneHop() async throws {
      let connection = try await client.connect(to: behind(bastion, to: host))
      #expect(try await name(of: connection) == "\(host.port)")
      #expect(client.counts.connections == 1)
      #expect(client.counts.streams == 1)
      #expect(client.counts.logins == 2)
    }

    @Test("Several jump hosts are used one inside the other")
    func threeHops() async throws {
      let second = try await Server()
      let third = try await Server()
      let connection = try await client.connect(to: behind(bastion, second, third, to: host))
      #expect(try await name(of: connection) == "\(host.port)")
      #expect(client.counts.connections == 1)
      #expect(client.counts.streams == 3)
      #expect(client.counts.logins == 4)
    }

    @Test("Hosts behind one bastion share one connection to it")
    func shared() async throws {
      let sockets = try openSockets()
      try await withThrowingTaskGroup(of: Connection.self) { group in
        for _ in 0..<10 {
          group.addTask { try await client.connect(to: behind(bastion, to: host)) }
        }
        var connections: [Connection] = []
        for try await connection in group { connections.append(connection) }
        #expect(client.counts.logins - client.counts.connections == 10)
        #expect(client.counts.connections < 5)
        try await withThrowingTaskGroup { group in
          for connection in connections {
            group.addTask {
              let process = try await connection.start("head -c 1000000 /dev/zero")
              var count = 0
              while let chunk = try await process.read() { count += chunk.count }
              #expect(count == 1_000_000)
            }
          }
          try await group.waitForAll()
        }
      }
      try await eventually("the way through the bastion is closed with its last user") {
        try openSockets() == sockets
      }
    }

    @Test("A host that does not answer delays no other host")
    func silentHost() async throws {
      let full = try FullListener()
      var silent = behind(bastion, to: host)
      silent.port = full.port
      let (destination, short) = (silent, Deadlines(connect: .seconds(2)))
      async let stuck = failure { () async throws(SSHError) in
        try await client.connect(to: destination, deadlines: short)
      }
      try await eventually("the bastion is asked") { client.counts.logins == 1 }
      let connection = try await client.connect(to: behind(bastion, to: host))
      #expect(try await connection.start("true").exitStatus() == .code(0))
      let error = try await stuck
      #expect(error.code == .timedOut)
      #expect(try await connection.start("true").exitStatus() == .code(0))
    }

    @Test("The key of the bastion is checked")
    func unknownBastion() async throws {
      var destination = behind(bastion, to: host)
      destination.jumps[0].knownHosts = ["/nonexistent"]
      let wrong = destination
      for _ in 0..<2 {
        let error = try await failure { () async throws(SSHError) in
          try await client.connect(to: wrong)
        }
        #expect(error.code == .hostKeyUnknown)
        #expect(error.description.contains("bastion-1 (127.0.0.1 port \(bastion.port))"))
      }
      #expect(client.counts.connections == 1)
    }

    @Test("The key of the host behind the bastion is checked")
    func unknownHost() async throws {
      var destination = behind(bastion, to: host)
      destination.knownHosts = ["/nonexistent"]
      let wrong = destination
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: wrong)
      }
      #expect(error.code == .hostKeyUnknown)
      #expect(
        error.subject.description == "app-1 (127.0.0.1 port \(host.port)) through bastion-1")
    }

    @Test("A bastion that refuses is asked once, for any number of hosts behind it")
    func refusingBastion() async throws {
      var destination = behind(bastion, to: host)
      destination.jumps[0].identities = .files([try bastion.folder.makeKey("stranger")])
      let wrong = destination
      try await withThrowingTaskGroup(of: SSHError.self) { group in
        for _ in 0..<10 {
          group.addTask {
            try await failure { () async throws(SSHError) in try await client.connect(to: wrong) }
          }
        }
        for try await error in group { #expect(error.code == .authenticationFailed) }
      }
      #expect(client.counts.connections == 1)
    }

    @Test("A bastion may have a name")
    func namedBastion() async throws {
      var destination = behind(bastion, to: host)
      let key = try bastion.folder.publicKey("\(bastion.folder.path)/host-ed25519")
      destination.jumps[0].address = "localhost"
      destination.jumps[0].knownHosts = [
        try bastion.folder.write("[localhost]:\(bastion.port) \(key)\n", to: "by-name")
      ]
      let connection = try await client.connect(to: destination)
      #expect(try await name(of: connection) == "\(host.port)")
    }

    @Test("A name without an address is reported")
    func unknownName() async throws {
      var destination = behind(bastion, to: host)
      destination.jumps[0].address = "no-such-host.invalid"
      let wrong = destination
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: wrong)
      }
      #expect(error.code == .unreachable)
      #expect(error.detail.contains("the name \"no-such-host.invalid\" has no address"))
    }

    @Test("If a bastion fails, the hosts behind it fail too, and the message says so")
    func lostBastion() async throws {
      let connection = try await client.connect(to: behind(bastion, to: host))
      let onBastion = try await client.connect(to: bastion.destination())
      let process = try await connection.start("cat")
      async let waiting = failure { () async throws(SSHError) in
        try await process.read(within: .seconds(3600))
      }
      // Every sshd of the bastion but the listener, and the one that runs this command.
      let command = "pkill -KILL -P $(ps -o ppid= -p $PPID) sshd"
      _ = try? await onBastion.start(command).exitStatus()
      let error = try await waiting
      #expect(error.code == .connectionLost)
      #expect(error.detail.contains("bastion-1"))
    }

    @Test("The thread ends with the client and its last connection, jumps or not")
    func threadEnds() async throws {
      var connection: Connection? = try await SSHClient().connect(to: behind(bastion, to: host))
      let before = try openSockets()
      #expect(try await connection?.start("true").exitStatus() == .code(0))
      connection = nil
      try await eventually("the connection to the bastion is closed") {
        try openSockets() < before
      }
    }
  }
}
