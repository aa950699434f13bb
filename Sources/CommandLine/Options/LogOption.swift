import Application
import ArgumentParser
import Files
import Logging

/// The option of commands that contact hosts to keep a log.
struct LogOption: ParsableArguments {
  @Option(
    name: .customLong("log"),
    help: ArgumentHelp(
      """
      Add to this file each step of the run: connections, keys, and the messages of hosts. Contains no secret. A \
      new file can be read by its owner only.
      """,
      valueName: "file"),
    completion: .file())
  var path: String?

  /// The logger of a run; opens the file.
  func logger(_ verbosity: VerbosityOptions) throws -> Logger {
    var file: AppendedFile?
    do {
      file = try path.map { path throws(FileError) in try AppendedFile(path) }
    } catch {
      throw Failure(.failed, "\(error). Name another file with --log, or leave the option out")
    }
    let handler = RunLog(isShown: verbosity.verbose, file: file)
    let logger = Logger(label: "deploy") { _ in handler }
    logger.info("deploy \(Deploy.configuration.version) begins")
    return logger
  }
}
