import Schema
internal import YAML

extension Node {
  /// The value with another one on top.
  ///
  /// Mappings are joined key by key; of keys that exclude each other, such as those of a certificate, the ones on top
  /// count. Anything else is replaced, also a mapping that may be written as a list. Values keep their places.
  ///
  /// - Parameter shape: what the value is; nil for a value that is not joined.
  func overlaid(by top: Node, as shape: Shape?) -> Node {
    guard let child = shape?.children, case .mapping(let own) = content,
      case .mapping(let others) = top.content
    else { return top }
    let above = Set(others.map(\.key))
    let replaced = Set(
      child.exclusive.filter { !above.isDisjoint(with: $0) }.flatMap(\.self))
    var entries = own.filter { entry in
      !replaced.contains(entry.key) || above.contains(entry.key)
    }
    let positions = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.key, $0) })
    for entry in others {
      if let position = positions[entry.key] {
        let below = entries[position]
        let value = below.value.overlaid(by: entry.value, as: child.shape(entry.key))
        entries[position] = value.place == entry.value.place ? entry : below
        entries[position].value = value
      } else {
        entries.append(entry)
      }
    }
    return Node(.mapping(entries), at: place)
  }
}

extension Shape {
  /// What a mapping of this shape has below its keys.
  fileprivate struct Children {
    /// Groups of keys that exclude each other.
    var exclusive: [[String]]
    var shape: (String) -> Shape?
  }

  /// Nil if values of this shape are not joined.
  fileprivate var children: Children? {
    switch self {
    case .mapping(let mapping):
      let shapes = Dictionary(uniqueKeysWithValues: mapping.keys.map { ($0.name, $0.about.shape) })
      return Children(exclusive: mapping.exclusive) { shapes[$0] }
    case .entries(let value, _): return Children(exclusive: []) { _ in value }
    case .either(let shapes):
      let hasList = shapes.contains { if case .list = $0 { true } else { false } }
      return hasList ? nil : shapes.lazy.compactMap(\.children).first
    case .text, .choice, .boolean, .constant, .integer, .list: return nil
    }
  }
}
