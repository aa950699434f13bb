import ArgumentParser

/// How a command prints its result: for people, or for programs (docs/json.md).
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json
}
