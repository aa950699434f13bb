/// What a host does; a host may do both.
package enum Role: String, Hashable, Sendable, CaseIterable, Comparable {
  case frontEnd = "front-end"
  case backEnd = "back-end"

  package static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}
