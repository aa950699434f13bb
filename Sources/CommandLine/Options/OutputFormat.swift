import ArgumentParser

/// How a result is shown.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json
}
