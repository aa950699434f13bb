import Diagnostics
import Subprocess

/// Sends requests with the program curl, which knows the proxies and the CA certificates of the machine.
package struct CurlTransport: ACMETransport {
  private static let mostBytes = 1 << 20

  /// A file with the CA certificates that the server's certificate must lead to; nil for the machine's.
  let caFile: String?
  /// How the program names itself to servers, as RFC 8555, 6.1 asks.
  let userAgent: String

  package init(caFile: String? = nil, userAgent: String) {
    self.caFile = caFile
    self.userAgent = userAgent
  }

  package func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    let bytes = try await output(of: request)
    guard let response = ResponseReader.read(bytes) else {
      throw TransportError("the answer is not HTTP")
    }
    return response
  }

  /// Redirects are not followed, because a signature is for one URL (RFC 8555, 6.4). No configuration
  /// file of curl is read: it could change the form of the output.
  private func arguments(_ request: HTTPRequest) -> [String] {
    var arguments = [
      "--disable", "--silent", "--show-error", "--include", "--suppress-connect-headers", "--proto",
      "=https", "--connect-timeout", "20", "--max-time", "60", "--max-filesize",
      String(Self.mostBytes), "--user-agent", userAgent, "--header", "Accept-Language: en",
    ]
    if let caFile { arguments += ["--cacert", caFile] }
    switch request.method {
    case .get: break
    case .head: arguments += ["--head"]
    case .post:
      arguments += [
        "--header", "Content-Type: application/jose+json", "--header", "Expect:", "--data-binary",
        "@-",
      ]
    }
    return arguments + ["--", request.url]
  }

  private func output(of request: HTTPRequest) async throws(TransportError) -> [UInt8] {
    let body: [UInt8] = if case .post(let body) = request.method { body } else { [] }
    let result: ExecutionResult<Void, BytesOutput, StringOutput<UTF8>>
    do {
      result = try await Subprocess.run(
        .name("curl"), arguments: Arguments(arguments(request)), input: .array(body),
        output: .bytes(limit: Self.mostBytes + (1 << 16)), error: .string(limit: 1 << 16))
    } catch let error as SubprocessError where error.code == .outputLimitExceeded {
      throw TransportError("the answer is longer than \(Self.mostBytes) bytes", isFinal: true)
    } catch {
      throw TransportError("could not run curl: \(error)", isFinal: true)
    }
    guard !Task.isCancelled else { throw TransportError("interrupted", isFinal: true) }
    guard result.terminationStatus.isSuccess else {
      let lines = result.standardError.split(whereSeparator: \.isNewline)
      throw TransportError(HostText(lines.joined(separator: " ")).text)
    }
    return result.standardOutput
  }
}
