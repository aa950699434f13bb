import Files
import Fleet
import Subprocess

/// A file or URL with a list of address ranges, as `deploy cdn update` gets it.
struct RangeSource {
  let name: String

  private static let largest = FileKind.ranges.limit

  /// Reads the file, or downloads the URL with curl, which knows the proxies and CA certificates of
  /// the machine. The text has at most 1 MiB.
  func text() async throws -> String {
    let bytes = isURL ? try await download() : try FileReader.read(name, as: .ranges)
    guard bytes.count <= Self.largest, let text = String(validating: bytes, as: UTF8.self) else {
      throw notAList
    }
    return text
  }

  private var notAList: Failure {
    Failure(.failed, "\(name) is not a list of address ranges: it is not text of at most 1 MiB")
  }

  var isURL: Bool { name.contains("://") }

  /// Whether a user or a password is before the host (RFC 3986, 3.2.1).
  private var hasCredentials: Bool {
    guard let start = name.firstRange(of: "://") else { return false }
    return name[start.upperBound...].prefix { !"/?#".contains($0) }.contains("@")
  }

  /// The protocols for curl: without TLS, only the controller itself may be the source.
  private var protocols: String {
    let isLocal = ["http://127.0.0.1", "http://[::1]"].contains { local in
      name == local || name.hasPrefix(local + ":") || name.hasPrefix(local + "/")
    }
    return isLocal ? "=http,https" : "=https"
  }

  /// Downloads the URL within a minute. Redirects must lead to https:// URLs.
  private func download() async throws -> [UInt8] {
    guard !hasCredentials else {
      throw Failure(
        .usage,
        "a URL with a user or a password is not downloaded, because every user of this machine could read it in the"
          + " list of processes: download the list, and name the file")
    }
    guard name.hasPrefix("https://") || protocols != "=https" else {
      throw Failure(
        .usage, "\(name) could be changed in transit: use an https:// URL, or a file")
    }
    let arguments = [
      "--fail", "--silent", "--show-error", "--location", "--max-redirs", "3",
      "--proto", protocols, "--proto-redir", "=https", "--max-time", "60",
      "--max-filesize", String(Self.largest), "--", name,
    ]
    let result: ExecutionResult<Void, BytesOutput, StringOutput<UTF8>>
    do {
      result = try await Subprocess.run(
        .name("curl"), arguments: Arguments(arguments), output: .bytes(limit: Self.largest),
        error: .string(limit: 1 << 16))
    } catch let error as SubprocessError where error.code == .executableNotFound {
      throw Failure(.failed, "could not run curl: \(error)")
    } catch let error as SubprocessError where error.code == .outputLimitExceeded {
      throw notAList
    }
    guard result.terminationStatus.isSuccess else {
      let lines = result.standardError.split(whereSeparator: \.isNewline)
      throw Failure(.failed, "could not download \(name): \(lines.joined(separator: "\n"))")
    }
    return result.standardOutput
  }
}
