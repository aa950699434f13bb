package import Testing

extension Trait where Self == ConditionTrait {
  /// Skips a test on a machine that lacks a tool, and says which; in CI the test runs all the same, and fails.
  ///
  /// - Parameter missing: what is missing and how to get it.
  package static func requires(
    _ isThere: @autoclosure @escaping @Sendable () -> Bool, _ missing: Comment,
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> Self {
    .enabled(
      missing, sourceLocation: sourceLocation,
      { TestSetting.isContinuousIntegration || isThere() })
  }
}
