import Diagnostics
package import Fleet
import Subprocess

/// Why the DNS could not be asked, or gave no answer.
package struct DNSError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

/// Asks DNS servers with the program dig, which speaks UDP, TCP and EDNS and knows the machine's resolver.
package struct DNSClient: Sendable {
  private static let mostBytes = 1 << 18

  /// The servers that look names up; if there are none, the machine's (resolv.conf(5)).
  let resolvers: [DNSServer]
  private let program: String

  /// - Parameter program: the name of dig in PATH.
  package init(resolvers: [DNSServer] = [], program: String = "dig") {
    self.resolvers = resolvers
    self.program = program
  }

  /// Looks a name up with the first resolver that has an answer.
  ///
  /// - Parameters:
  ///   - name: with the final dot.
  ///   - type: such as `TXT`.
  func look(up name: String, _ type: String) async throws(DNSError) -> DNSAnswer {
    guard !resolvers.isEmpty else { return try await resolve(name, type, with: nil) }
    var failure: DNSError?
    for resolver in resolvers {
      do throws(DNSError) {
        return try await resolve(name, type, with: resolver)
      } catch {
        failure = error
      }
    }
    throw failure ?? DNSError("no resolver")
  }

  private func resolve(
    _ name: String, _ type: String, with resolver: DNSServer?
  ) async throws(DNSError) -> DNSAnswer {
    let answer = try await ask(resolver, name, type, isRecursive: true)
    guard answer.isConclusive else {
      let server = resolver.map { "\($0)" } ?? "the resolver of this machine"
      throw DNSError("\(server) answers \(answer.status) for \(type) of \(HostText(name))")
    }
    return answer
  }

  /// Asks one server.
  ///
  /// - Parameter isRecursive: whether the server may ask others; an authoritative one is asked what it has itself.
  func ask(
    _ server: DNSServer?, _ name: String, _ type: String, isRecursive: Bool
  ) async throws(DNSError) -> DNSAnswer {
    let text = try await output(arguments(server, name, type, isRecursive))
    guard let answer = DNSAnswer(dig: text) else {
      let comments = text.split(whereSeparator: \.isNewline).map { line in
        line.drop { $0 == ";" || $0 == " " }
      }
      // dig says the same for each attempt.
      let words = comments.last { $0.contains("error") } ?? comments.last ?? "no answer"
      throw DNSError(HostText(words).text)
    }
    return answer
  }

  /// No ~/.digrc is read: it could change the form of the output. Names are as they are on the wire.
  private func arguments(
    _ server: DNSServer?, _ name: String, _ type: String, _ isRecursive: Bool
  ) -> [String] {
    var arguments = ["-r"]
    if let server { arguments += ["@\(server.address)", "-p", "\(server.port)"] }
    arguments += [
      "+noall", "+comments", "+answer", "+nosearch", "+noidnin", "+noidnout", "+tries=2", "+time=3",
      isRecursive ? "+recurse" : "+norecurse", "-c", "IN", "-t", type, "-q", name,
    ]
    return arguments
  }

  private func output(_ arguments: [String]) async throws(DNSError) -> String {
    let result: ExecutionResult<Void, StringOutput<UTF8>, DiscardedOutput>
    do {
      result = try await Subprocess.run(
        .name(program), arguments: Arguments(arguments),
        environment: .custom(ProgramEnvironment.usual),
        input: .none, output: .string(limit: Self.mostBytes), error: .discarded)
    } catch let error as SubprocessError where error.code == .executableNotFound {
      throw DNSError(
        "the program dig, which asks the DNS, is missing; install Debian's package bind9-dnsutils")
    } catch {
      throw DNSError(Task.isCancelled ? "interrupted" : "could not run dig: \(error)")
    }
    guard !Task.isCancelled else { throw DNSError("interrupted") }
    return result.standardOutput
  }
}
