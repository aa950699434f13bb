import Diagnostics

/// A key and where it may stand, such as `sites.back_end.port`. Names that the user chooses and places in lists are left
/// out of the path.
package struct KeyPlace: Hashable, Sendable {
  package var path: [String]
  package var about: KeyDescription
  /// What is written down to the key: the path with the names of an example, and `-` for an element of a list.
  package var written: [String]
  /// For each of these, the lines of the keys that are required beside it; none at the top, because a file has those.
  var required: [[String]]

  package init(
    path: [String], about: KeyDescription, written: [String] = [], required: [[String]] = []
  ) {
    self.path = path
    self.about = about
    self.written = written
    self.required = required
  }

  package var name: String { path.joined(separator: ".") }

  /// The key with an example in YAML's block style, below what is required beside it and above it; nil if there is
  /// nothing to show.
  package var exampleLines: [String]? {
    guard let sample = about.sample, sample != "{}" else { return nil }
    var lines: [String] = []
    var start = ""
    for (index, step) in written.enumerated() {
      if step == "-" {
        start += "- "
        continue
      }
      for line in required.indices.contains(index) ? required[index] : [] {
        lines.append(start + line)
        start = String(repeating: " ", count: start.count)
      }
      lines.append(start + step + (index == written.count - 1 ? ": \(sample)" : ":"))
      start = String(repeating: " ", count: start.count + 2)
    }
    return lines
  }
}

extension MappingShape {
  /// Every key below this mapping, each before those below it.
  package func places() -> [KeyPlace] { places(below: nil, between: []) }

  /// - Parameter between: what is written between the key above and this mapping.
  private func places(below above: KeyPlace?, between: [String]) -> [KeyPlace] {
    keys.flatMap { key in
      let own = KeyPlace(
        path: (above?.path ?? []) + [key.name], about: key.about,
        written: (above?.written ?? []) + between + [key.name],
        required: (above?.required ?? []) + between.map { _ in [] }
          + [above == nil ? [] : lines(requiredBeside: key.name)])
      return [own]
        + key.about.shape.placedMappings.flatMap { mapping, between in
          mapping.places(below: own, between: between)
        }
    }
  }

  /// The samples of the keys that must be written beside one.
  private func lines(requiredBeside name: String) -> [String] {
    let alternative = alternatives.contains(name) ? nil : alternatives.first
    return keys.filter { key in
      key.name != name && (key.about.absence == .required || key.name == alternative)
    }
    .compactMap { key in key.about.sample.map { "\(key.name): \($0)" } }
  }
}

/// What a path such as `sites.back_end` leads to.
package enum KeySearch: Hashable, Sendable {
  /// Several if the key has more than one meaning there, as in procedures.
  case found([KeyPlace])
  /// There is no such key; perhaps the other path was meant.
  case unknown(suggestion: String?)

  package init(_ name: String, in mappings: [MappingShape]) {
    let places = mappings.flatMap { $0.places() }
    let found = places.filter { $0.name == name }
    if !found.isEmpty {
      // A mapping may be written alone and in a list: its keys are the same in both.
      self = .found(
        found.reduce(into: []) { kept, place in
          if !kept.contains(where: { $0.about == place.about }) { kept.append(place) }
        })
      return
    }
    let earlier = places.first { place in
      place.about.earlierNames.contains {
        (place.path.dropLast() + [$0]).joined(separator: ".") == name
      }
    }
    let last = name.split(separator: ".").last.map(String.init) ?? name
    // The end of a path, such as "back_end" or "ssh.port", names a key too if it is the only one.
    let ends = places.filter { $0.name.hasSuffix("." + name) }
    let shortest = ends.map(\.path.count).min()
    let byName = Set(ends.filter { $0.path.count == shortest }.map(\.name))
    let nearest = Suggestion.nearest(to: name, among: places.map(\.name))
    let sameKey = places.first { $0.path.last == last }?.name
    self = .unknown(
      suggestion: earlier?.name ?? (byName.count == 1 ? byName.first : nil) ?? nearest ?? sameKey)
  }
}
