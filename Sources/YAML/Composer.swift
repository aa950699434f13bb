package import Diagnostics

extension Node {
  /// Reads a text with one YAML document (YAML 1.1 as libyaml implements it, which includes JSON).
  ///
  /// - Returns: the root of the document, nil if there is an error; and the diagnostics, sorted by
  ///   place.
  package static func parse(
    _ source: SourceText, limits: Limits = Limits()
  ) -> (node: Node?, diagnostics: [Diagnostic]) {
    if let refusal = source.refusal(limits) { return (nil, [refusal]) }
    var composer = Composer(source: source, limits: limits)
    var node: Node?
    do throws(Composer.Stop) {
      node = try composer.document()
    } catch {
      composer.found.report(error.diagnostic)
    }
    return (composer.found.hasErrors ? nil : node, composer.found.sorted)
  }
}

extension SourceText {
  /// The error of a text that libyaml does not get: too large, not UTF-8, or with a character that
  /// not every YAML version takes for a line break. Nil for any other text.
  fileprivate func refusal(_ limits: Limits) -> Diagnostic? {
    guard bytes.count <= limits.bytes else { return .tooLarge(self, limit: limits.bytes) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return .notUTF8(at: place(ofByte: firstBadByte))
    }
    // These are line breaks in YAML 1.1, but not in YAML 1.2, JSON and editors; none is ASCII.
    let separators: Set<Unicode.Scalar> = ["\u{85}", "\u{2028}", "\u{2029}"]
    guard
      let index = text.unicodeScalars.firstIndex(where: { !$0.isASCII && separators.contains($0) })
    else { return nil }
    let offset = text.utf8.distance(from: text.startIndex, to: index)
    return .lineSeparator(text.unicodeScalars[index], at: place(ofByte: offset))
  }

  /// The offset of the first byte that is not part of a character in UTF-8.
  private var firstBadByte: Int {
    var decoder = UTF8()
    var rest = bytes.makeIterator()
    var offset = 0
    while case .scalarValue(let scalar) = decoder.decode(&rest) {
      offset += UTF8.width(scalar)
    }
    return offset
  }
}

/// Builds the node of a document from libyaml's events.
///
/// An alias shares the storage of the value that it names, and counts as much as that value. A
/// document that aliases would expand beyond the limits is refused before it takes memory.
private struct Composer: ~Copyable {
  /// An error after which the rest of the document cannot be read.
  struct Stop: Error {
    var diagnostic: Diagnostic
  }

  /// A node, and what it counts towards the limits.
  struct Composed {
    var node: Node
    /// Keys, values and collections, including the node.
    var count = 1
    /// Levels of collections; 0 for a scalar.
    var height = 0
  }

  let source: SourceText
  let limits: Limits
  var found = DiagnosticCollector()
  private var anchors: [String: Composed] = [:]
  private var count = 0

  init(source: SourceText, limits: Limits) {
    self.source = source
    self.limits = limits
  }

  /// Reads all events of the text: one document and nothing after it.
  mutating func document() throws(Stop) -> Node {
    let stream: EventStream
    do throws(SyntaxFailure) {
      stream = try EventStream.over(source)
    } catch {
      throw Stop(diagnostic: .syntax(error, in: source))
    }
    _ = try next(stream)
    guard case .documentStart = try next(stream).event else {
      throw Stop(diagnostic: .empty(source))
    }
    let root = try compose(try next(stream), stream, depth: 0)
    _ = try next(stream)
    let end = try next(stream)
    guard case .streamEnd = end.event else {
      throw Stop(diagnostic: .severalDocuments(at: end.place))
    }
    return root.node
  }

  private func next(_ stream: borrowing EventStream) throws(Stop) -> PlacedEvent {
    do throws(SyntaxFailure) {
      return try stream.next()
    } catch {
      throw Stop(diagnostic: .syntax(error, in: source))
    }
  }

  /// Composes the node that begins with an event, including everything below it.
  ///
  /// - Parameter depth: the number of collections that contain it. A document that is nested too
  ///   deeply is refused.
  private mutating func compose(
    _ start: PlacedEvent, _ stream: borrowing EventStream, depth: Int
  ) throws(Stop) -> Composed {
    let composed: Composed
    let properties: Event.Properties
    switch start.event {
    case .alias(let name): return try resolve(name, at: start.place, depth: depth)
    case .scalar(let scalar, let own):
      try add(1, at: start.place)
      composed = Composed(node: Node(.scalar(scalar), at: start.place))
      properties = own
    case .sequenceStart(let own):
      try enter(start.place, depth)
      composed = try sequence(at: start.place, stream, depth: depth + 1)
      properties = own
    case .mappingStart(let own):
      try enter(start.place, depth)
      composed = try mapping(at: start.place, stream, depth: depth + 1)
      properties = own
    case .streamStart, .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
      preconditionFailure("This is a bug in deploy: a value cannot start with \(start.event).")
    }
    if let tag = properties.tag { found.report(.tag(tag, at: start.place)) }
    if let anchor = properties.anchor { anchors[anchor] = composed }
    return composed
  }

  /// The node that an alias names. An unknown alias is reported with the most similar anchor, and
  /// becomes an empty list.
  private mutating func resolve(
    _ name: String, at place: SourcePlace, depth: Int
  ) throws(Stop) -> Composed {
    guard let composed = anchors[name] else {
      let nearest = Suggestion.nearest(to: name, among: anchors.keys)
      found.report(.unknownAlias(name, at: place, suggestion: nearest))
      return Composed(node: Node(.sequence([]), at: place))
    }
    try add(composed.count, at: place)
    guard depth + composed.height <= limits.depth else {
      throw Stop(diagnostic: .tooDeep(at: place, limit: limits.depth))
    }
    return composed
  }

  /// Counts a list or a mapping; stops if it is nested too deeply.
  private mutating func enter(_ place: SourcePlace, _ depth: Int) throws(Stop) {
    try add(1, at: place)
    guard depth < limits.depth else {
      throw Stop(diagnostic: .tooDeep(at: place, limit: limits.depth))
    }
  }

  /// Adds to the number of nodes; stops if the document has more than the limit.
  private mutating func add(_ more: Int, at place: SourcePlace) throws(Stop) {
    count += more
    guard count <= limits.nodes else {
      throw Stop(diagnostic: .tooManyNodes(at: place, limit: limits.nodes))
    }
  }

  /// Composes the list whose start was read, up to its end. `depth` is that of its elements.
  private mutating func sequence(
    at place: SourcePlace, _ stream: borrowing EventStream, depth: Int
  ) throws(Stop) -> Composed {
    let before = count
    var elements: [Node] = []
    var height = 0
    var event = try next(stream)
    while !event.event.isEnd {
      let element = try compose(event, stream, depth: depth)
      elements.append(element.node)
      height = max(height, element.height)
      event = try next(stream)
    }
    return Composed(
      node: Node(.sequence(elements), at: place), count: count - before + 1, height: height + 1)
  }

  /// Composes the mapping whose start was read, up to its end. `depth` is that of keys and values.
  private mutating func mapping(
    at place: SourcePlace, _ stream: borrowing EventStream, depth: Int
  ) throws(Stop) -> Composed {
    let before = count
    var entries = MappingEntries()
    var height = 0
    var event = try next(stream)
    while !event.event.isEnd {
      let key = try compose(event, stream, depth: depth)
      let value = try compose(try next(stream), stream, depth: depth)
      entries.add(key.node, value.node, at: event.place, &found)
      height = max(height, key.height, value.height)
      event = try next(stream)
    }
    return Composed(
      node: Node(.mapping(entries.merged), at: place), count: count - before + 1,
      height: height + 1)
  }
}

extension Event {
  /// Whether the event ends a list or a mapping.
  fileprivate var isEnd: Bool {
    switch self {
    case .sequenceEnd, .mappingEnd: true
    default: false
    }
  }
}
