extension HostRoles {
  /// What states of version 0.1.0 call a container host.
  static let earlierContainerHost = "carrier"
}
