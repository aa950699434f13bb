extension Duration {
  /// How long something took, for a log: `0.042 s`.
  package var inSeconds: String {
    let (seconds, attoseconds) = components
    let milliseconds = String(1000 + attoseconds / 1_000_000_000_000_000).dropFirst()
    return "\(seconds).\(milliseconds) s"
  }
}
