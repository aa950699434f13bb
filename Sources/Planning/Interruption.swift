extension HostStep {
  /// Warnings of sites that this step cuts from their front-ends until those have changed too.
  var interruptions: [String] {
    changes.compactMap { change in
      guard change.kind == .change, change.path.hasPrefix("nginx/back-end/") else { return nil }
      let lines = change.diff.split(separator: "\n")
      let changesListen = lines.contains { line in
        line.hasPrefix("-") && line.dropFirst().drop(while: { $0 == " " }).hasPrefix("listen ")
      }
      guard changesListen else { return nil }
      return "the port of \(change.path.split(separator: "/").last?.dropLast(5) ?? "") changes on"
        + " \(host): its visitors get errors until the front-ends have changed too"
    }
  }
}
