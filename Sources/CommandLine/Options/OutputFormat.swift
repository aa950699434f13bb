import ArgumentParser

/// How a command prints its result: for people, or for programs (docs/json.md).
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json
}

/// How a command that changes hosts prints what happens: at its end, or as it happens (docs/json.md).
enum RunFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json, ndjson

  /// How results at the end are printed, if there are no events.
  var ofResults: OutputFormat { self == .text ? .text : .json }
}

/// How `deploy plan` prints a plan: as other results, or as a comment of a pull request.
enum PlanFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json, markdown

  /// How everything besides the plan is printed.
  var ofResults: OutputFormat { self == .text ? .text : .json }
}

/// How `deploy status` prints its result: as other results, or for monitoring (docs/monitoring.md).
enum StatusFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json, openmetrics, nagios

  /// How everything besides the status is printed.
  var ofResults: OutputFormat { self == .text ? .text : .json }
}
