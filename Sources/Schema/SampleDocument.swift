/// Values that are valid for their shapes, in YAML's flow style.
extension KeyDescription {
  /// The example, the default, or a value that the shape gives; nil if the table lacks an example.
  package var sample: String? {
    if let example { return example }
    if case .usual(let value) = absence { return value }
    return shape.sample
  }
}

extension Shape {
  /// A value with nothing but what is required; nil if only an example could give one.
  var sample: String? {
    switch self {
    case .text(let text): text.example
    case .choice(let words): words.first
    case .boolean: "true"
    case .constant(let value): "\(value)"
    case .integer(let range): "\(range.lowerBound)"
    case .list(let element, _): element.sample.map { "[\($0)]" }
    case .mapping(let mapping): mapping.sample(with: [], as: nil)
    case .entries(let value, let name):
      name.example.flatMap { name in value.sample.map { "{\(name): \($0)}" } }
    case .either(let shapes): shapes.lazy.compactMap(\.sample).first
    }
  }

  /// A value that has one key below it.
  fileprivate func sample(with path: ArraySlice<String>, as value: String?) -> String? {
    switch self {
    case .text, .choice, .boolean, .constant, .integer: nil
    case .list(let element, _): element.sample(with: path, as: value).map { "[\($0)]" }
    case .mapping(let mapping): mapping.sample(with: path, as: value)
    case .entries(let shape, let name):
      name.example.flatMap { name in
        shape.sample(with: path, as: value).map { "{\(name): \($0)}" }
      }
    case .either(let shapes):
      shapes.lazy.compactMap { $0.sample(with: path, as: value) }.first
    }
  }
}

extension MappingShape {
  /// A mapping with what is required, and with one key below it.
  ///
  /// - Parameters:
  ///   - path: the key; empty for none.
  ///   - value: its value in YAML; nil for its sample.
  /// - Returns: YAML in flow style; nil if there is no such key.
  package func sample(with path: ArraySlice<String>, as value: String?) -> String? {
    if let first = path.first, !keys.contains(where: { $0.name == first }) { return nil }
    // What is required, and one of the alternatives unless the key is one.
    let alternative = alternatives.contains(path.first ?? "") ? nil : alternatives.first
    var entries: [String] = []
    for key in keys {
      let text: String?
      if key.name == path.first {
        text =
          path.count == 1
          ? value ?? key.about.sample
          : key.about.shape.sample(with: path.dropFirst(), as: value)
      } else if key.about.absence == .required || key.name == alternative {
        text = key.about.sample
      } else {
        continue
      }
      guard let text else { return nil }
      entries.append("\(key.name): \(text)")
    }
    return "{" + entries.joined(separator: ", ") + "}"
  }
}
