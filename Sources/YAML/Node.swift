package import Diagnostics

/// One value of a YAML document and its place in the file, with aliases and merge keys resolved.
package struct Node: Hashable, Sendable {
  /// The content of a value: a single value, a list or a mapping.
  package enum Content: Hashable, Sendable {
    case scalar(Scalar)
    case sequence([Node])
    /// In the order written, without duplicate keys.
    case mapping([Entry])
  }

  /// A single value: text, a number, true, false or null.
  package struct Scalar: Hashable, Sendable {
    package var text: String
    /// Written without quotes, so that the text decides its type.
    package var isPlain: Bool

    package init(text: String, isPlain: Bool) {
      self.text = text
      self.isPlain = isPlain
    }
  }

  /// A key and its value.
  package struct Entry: Hashable, Sendable {
    package var key: String
    /// Where the key was written.
    package var place: SourcePlace
    package var value: Node

    package init(key: String, place: SourcePlace, value: Node) {
      self.key = key
      self.place = place
      self.value = value
    }
  }

  package var content: Content
  package var place: SourcePlace

  package init(_ content: Content, at place: SourcePlace) {
    self.content = content
    self.place = place
  }
}

/// Limits for the text that the reader accepts.
package struct Limits: Hashable, Sendable {
  package var bytes: Int
  /// Collections within collections.
  package var depth: Int
  /// Keys, values and collections; those that an alias repeats are counted again.
  package var nodes: Int

  package init(bytes: Int = 1 << 20, depth: Int = 64, nodes: Int = 100_000) {
    self.bytes = bytes
    self.depth = depth
    self.nodes = nodes
  }
}
