internal import CLibYAML
internal import Diagnostics

/// One event of libyaml's parser, as a Swift value: the start or end of a part, or a whole value.
enum Event {
  case streamStart
  case streamEnd
  case documentStart
  case documentEnd
  case scalar(Node.Scalar, Properties)
  case sequenceStart(Properties)
  case sequenceEnd
  case mappingStart(Properties)
  case mappingEnd
  case alias(String)

  /// The anchor (without `&`) and the tag of a value; nil if it has none.
  struct Properties {
    var anchor: String?
    var tag: String?
  }
}

/// An event, and where it is in the file.
struct PlacedEvent {
  var event: Event
  var place: SourcePlace
}

/// Why libyaml could not continue: a syntax error, in libyaml's words, or too little memory.
/// ``EventStream`` throws it.
struct SyntaxFailure: Error {
  var problem: String
  var place: SourcePlace?
  /// What libyaml was reading, and the line where that began.
  var context: (text: String, line: Int)?
}

/// A libyaml parser over a copy of a text; the only owner of libyaml's pointers.
struct EventStream: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>
  private let source: SourceText
  /// The byte order mark, which libyaml would count as a column.
  private let skippedBytes: Int
  /// libyaml adds an end to a last line without one, and may then point behind the text.
  private let end: SourcePlace

  private init(
    adopting parser: UnsafeMutablePointer<yaml_parser_t>,
    adopting input: UnsafeMutableBufferPointer<UInt8>, source: SourceText, skippedBytes: Int
  ) {
    self.parser = parser
    self.input = input
    self.source = source
    self.skippedBytes = skippedBytes
    self.end = source.place(ofByte: source.bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    input.deallocate()
  }

  /// Starts at the first event of a text, which must be UTF-8. A byte order mark is skipped.
  static func over(_ source: SourceText) throws(SyntaxFailure) -> EventStream {
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    guard yaml_parser_initialize(parser) == 1 else {
      parser.deallocate()
      throw SyntaxFailure(problem: "out of memory")
    }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let bytes = source.bytes.dropFirst(source.bytes.starts(with: mark) ? mark.count : 0)
    let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    _ = input.initialize(from: bytes)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    return EventStream(
      adopting: parser, adopting: input, source: source,
      skippedBytes: source.bytes.count - bytes.count)
  }

  /// Parses the text up to its next event.
  func next() throws(SyntaxFailure) -> PlacedEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
    defer { yaml_event_delete(&event) }
    return PlacedEvent(
      event: Self.event(event, in: source.folder),
      place: place(from: event.start_mark, to: event.end_mark))
  }

  /// Copies an event of libyaml into a Swift value; libyaml frees its own strings afterwards.
  private static func event(_ event: yaml_event_t, in folder: String) -> Event {
    switch event.type {
    case YAML_STREAM_START_EVENT: return .streamStart
    case YAML_STREAM_END_EVENT: return .streamEnd
    case YAML_DOCUMENT_START_EVENT: return .documentStart
    case YAML_DOCUMENT_END_EVENT: return .documentEnd
    case YAML_ALIAS_EVENT: return .alias(text(event.data.alias.anchor) ?? "")
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let value = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
      return .scalar(
        Node.Scalar(
          text: String(decoding: value, as: UTF8.self), isPlain: isPlain, folder: folder),
        properties(scalar.anchor, scalar.tag))
    case YAML_SEQUENCE_START_EVENT:
      let start = event.data.sequence_start
      return .sequenceStart(properties(start.anchor, start.tag))
    case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
    case YAML_MAPPING_START_EVENT:
      let start = event.data.mapping_start
      return .mappingStart(properties(start.anchor, start.tag))
    case YAML_MAPPING_END_EVENT: return .mappingEnd
    default:
      preconditionFailure("This is a bug in deploy: libyaml event \(event.type.rawValue).")
    }
  }

  private static func properties(
    _ anchor: UnsafeMutablePointer<UInt8>?, _ tag: UnsafeMutablePointer<UInt8>?
  ) -> Event.Properties {
    Event.Properties(anchor: text(anchor), tag: text(tag))
  }

  private static func text(_ bytes: UnsafeMutablePointer<UInt8>?) -> String? {
    bytes.map { String(cString: $0) }
  }

  /// The place between two marks. libyaml counts lines and columns from 0, and columns in
  /// characters.
  private func place(from start: yaml_mark_t, to end: yaml_mark_t) -> SourcePlace {
    guard start.line < self.end.line else { return self.end }
    let isOnOneLine = start.line == end.line && end.column > start.column
    return SourcePlace(
      file: source.file, line: start.line + 1, column: start.column + 1,
      length: isOnOneLine ? end.column - start.column : 1)
  }

  /// The error with which the parser has stopped, and its place.
  private func failure() -> SyntaxFailure {
    let state = parser.pointee
    let problem = state.problem.map { String(cString: $0) } ?? "out of memory"
    switch state.error {
    case YAML_SCANNER_ERROR, YAML_PARSER_ERROR:
      let context = state.context.map { (String(cString: $0), state.context_mark.line + 1) }
      return SyntaxFailure(
        problem: problem, place: place(from: state.problem_mark, to: state.problem_mark),
        context: context)
    case YAML_READER_ERROR:
      return SyntaxFailure(
        problem: problem, place: source.place(ofByte: state.problem_offset + skippedBytes))
    default:
      return SyntaxFailure(problem: problem)
    }
  }
}
