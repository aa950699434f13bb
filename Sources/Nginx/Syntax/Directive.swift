/// One directive of an nginx configuration.
struct Directive: Hashable, Sendable {
  var name: String
  var arguments: [Argument]
  /// The content of its braces; nil for a directive that ends in a semicolon.
  var block: [Paragraph]?

  init(_ name: String, _ arguments: Argument..., block: [Paragraph]? = nil) {
    self.init(name, arguments: arguments, block: block)
  }

  init(_ name: String, arguments: [Argument], block: [Paragraph]? = nil) {
    self.name = name
    self.arguments = arguments
    self.block = block
  }
}

/// Directives that belong together, with a comment for readers.
struct Paragraph: Hashable, Sendable {
  var comment: String?
  var directives: [Directive]

  init(_ directives: [Directive]) { self.init(nil, directives) }

  init(_ comment: String?, _ directives: [Directive]) {
    self.comment = comment
    self.directives = directives
  }
}
