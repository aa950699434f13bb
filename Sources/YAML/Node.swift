package import Diagnostics

/// One value of a YAML document and its place in the file, with aliases and merge keys resolved.
///
/// ``parse(_:limits:)`` makes the tree of a whole document, from which inventories and playbooks
/// are read.
package struct Node: Hashable, Sendable {
  /// The content of a value: a single value, a list or a mapping.
  package enum Content: Hashable, Sendable {
    case scalar(Scalar)
    case sequence([Node])
    /// The entries in the order written, then those that `<<` copies; each key occurs once.
    case mapping([Entry])
  }

  /// A single value: text, a number, true, false or null.
  package struct Scalar: Hashable, Sendable {
    /// The characters, without quotes and with escapes resolved.
    package var text: String
    /// Whether it is written without quotes and not as a block (`|`, `>`). Only then can it be
    /// anything but text.
    package var isPlain: Bool
    /// What it is relative to if it is a path: see ``SourceText/folder``.
    package var folder: String

    package init(text: String, isPlain: Bool, folder: String = "") {
      self.text = text
      self.isPlain = isPlain
      self.folder = folder
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
  /// Where the value is written; for an alias, the place of the value that it names.
  package var place: SourcePlace

  package init(_ content: Content, at place: SourcePlace) {
    self.content = content
    self.place = place
  }
}

/// The largest document that ``Node/parse(_:limits:)`` accepts.
package struct Limits: Hashable, Sendable {
  /// The size of the file.
  package var bytes: Int
  /// How deeply lists and mappings may be nested.
  package var depth: Int
  /// Keys, values and collections; those that an alias repeats are counted again.
  package var nodes: Int

  package init(bytes: Int = 32 << 20, depth: Int = 64, nodes: Int = 1_000_000) {
    self.bytes = bytes
    self.depth = depth
    self.nodes = nodes
  }
}
