/// What a host does; a host may do both.
package enum Role: String, Hashable, Sendable, CaseIterable, Comparable {
  case frontEnd = "front-end"
  case backEnd = "back-end"

  package static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}

/// All that a host does, as it is shown and recorded: its roles, and whether it is a container host.
package struct HostRoles: Hashable, Sendable {
  private static let containerHost = "container-host"

  package var roles: Set<Role>
  /// Whether it is in front of a container.
  package var isContainerHost: Bool

  package init(_ roles: Set<Role> = [], isContainerHost: Bool = false) {
    self.roles = roles
    self.isContainerHost = isContainerHost
  }

  /// Returns nil if one of the names is not the name of a role.
  package init?(names: [String]) {
    self.init()
    for name in names {
      if name == Self.containerHost || name == Self.earlierContainerHost {
        isContainerHost = true
      } else if let role = Role(rawValue: name) {
        roles.insert(role)
      } else {
        return nil
      }
    }
  }

  /// A name for each, as users and files have them: the roles sorted, the container host last.
  package var names: [String] {
    roles.sorted().map(\.rawValue) + (isContainerHost ? [Self.containerHost] : [])
  }
}
