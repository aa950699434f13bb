/// A JSON value.
package enum JSONValue: Hashable, Sendable, Encodable {
  case string(String)
  case integer(Int)
  case boolean(Bool)
  case array([JSONValue])
  case object([String: JSONValue])

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .string(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .boolean(let value): try container.encode(value)
    case .array(let values): try container.encode(values)
    case .object(let values): try container.encode(values)
    }
  }
}

extension MappingShape {
  /// A JSON Schema (2020-12) of documents with these keys, for editors.
  ///
  /// It refuses every unknown key and every wrong type, with one exception: for JSON Schema, 443.0 is an integer, so
  /// editors accept it where the reader wants a whole number. Rules that compare values are for `deploy check`.
  package func jsonSchema(titled title: String) -> JSONValue {
    var schema = schema
    schema["$schema"] = .string("https://json-schema.org/draft/2020-12/schema")
    schema["title"] = .string(title)
    if !conditions.isEmpty {
      schema["allOf"] = .array(conditions.map(\.schema))
    }
    return .object(schema)
  }

  /// What is required in a document, here or below, unless it has one of some keys.
  fileprivate var conditions: [Condition] {
    let own =
      completedBy.isEmpty || required.isEmpty
      ? [] : [Condition(unless: completedBy, required: ["required": .array(required)])]
    return own
      + keys.flatMap { key in
        key.about.shape.conditions.map { $0.below(["properties": .object([key.name: $0.value])]) }
      }
  }

  private var required: [JSONValue] {
    keys.filter { $0.about.absence == .required }.map { JSONValue.string($0.name) }
  }

  fileprivate var schema: [String: JSONValue] {
    var schema: [String: JSONValue] = [
      "type": .string("object"),
      "additionalProperties": .boolean(false),
      "properties": .object(
        Dictionary(uniqueKeysWithValues: keys.map { ($0.name, $0.about.schema) })),
    ]
    if hasExtensions { schema["patternProperties"] = .object(["^x-": .object([:])]) }
    if !required.isEmpty, completedBy.isEmpty { schema["required"] = .array(required) }
    if !alternatives.isEmpty {
      schema["anyOf"] = .array(
        alternatives.map { .object(["required": .array([.string($0)])]) })
    }
    return schema
  }
}

/// A schema that a document has to meet unless it has one of some keys at its top.
private struct Condition {
  var keys: [String]
  var required: [String: JSONValue]

  init(unless keys: [String], required: [String: JSONValue]) {
    (self.keys, self.required) = (keys, required)
  }

  var value: JSONValue { .object(required) }

  func below(_ schema: [String: JSONValue]) -> Condition {
    Condition(unless: keys, required: schema)
  }

  var schema: JSONValue {
    let present = keys.map { JSONValue.object(["required": .array([.string($0)])]) }
    return .object([
      "if": .object(["not": .object(["anyOf": .array(present)])]), "then": value,
    ])
  }
}

extension Shape {
  /// Those of the mapping that the value is, or that its entries are.
  fileprivate var conditions: [Condition] {
    switch self {
    case .mapping(let mapping): mapping.conditions
    case .entries(let value, _):
      value.conditions.map { $0.below(["additionalProperties": $0.value]) }
    case .text, .choice, .boolean, .constant, .integer, .list, .either: []
    }
  }
}

extension KeyDescription {
  fileprivate var schema: JSONValue {
    var schema = shape.schema
    let text = [summary, shape.rules.isEmpty ? "" : shape.rules.joined(separator: "; ") + "."]
      .filter { !$0.isEmpty }.joined(separator: "\n\n")
    if !text.isEmpty { schema["description"] = .string(text.replacing("`", with: "")) }
    if case .usual(let value) = absence { schema["default"] = shape.json(value) }
    return .object(schema)
  }
}

extension Shape {
  fileprivate var schema: [String: JSONValue] {
    switch self {
    case .text(let text):
      guard let pattern = text.pattern else {
        return ["type": .array(["string", "number", "boolean"].map(JSONValue.string))]
      }
      return ["type": .string("string"), "pattern": .string(pattern)]
    case .choice(let words): return ["enum": .array(words.map(JSONValue.string))]
    case .boolean: return ["type": .string("boolean")]
    case .constant(let value): return ["const": .boolean(value)]
    case .integer(let range):
      var schema: [String: JSONValue] = [
        "type": .string("integer"), "minimum": .integer(range.lowerBound),
      ]
      if range.upperBound < .max { schema["maximum"] = .integer(range.upperBound) }
      return schema
    case .list(let element, let count):
      var schema: [String: JSONValue] = [
        "type": .string("array"), "items": .object(element.schema),
      ]
      if count > 0 { schema["minItems"] = .integer(count) }
      return schema
    case .mapping(let mapping): return mapping.schema
    case .entries(let value, _):
      return ["type": .string("object"), "additionalProperties": .object(value.schema)]
    case .either(let shapes): return ["anyOf": .array(shapes.map { .object($0.schema) })]
    }
  }

  /// A default, which is a single value.
  fileprivate func json(_ value: String) -> JSONValue {
    switch self {
    case .boolean: .boolean(value == "true")
    case .constant(let constant): value == "\(constant)" ? .boolean(constant) : .string(value)
    case .integer: Int(value).map(JSONValue.integer) ?? .string(value)
    case .either(let shapes):
      shapes.lazy.map { $0.json(value) }.first { $0 != .string(value) } ?? .string(value)
    case .text, .choice, .list, .mapping, .entries: .string(value)
    }
  }
}
