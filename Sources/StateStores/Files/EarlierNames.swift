package import FoundationEssentials

extension JSONDecoder {
  /// A decoder that also reads the keys of earlier formats of states and saved plans.
  package static var ofEarlierNames: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .custom { path in
      let key = path[path.count - 1]
      return switch key.stringValue {
      case "authorities": Name("caGenerations")
      case "retiredAuthorities": Name("retiredCAs")
      default: key
      }
    }
    return decoder
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ text: String) { stringValue = text }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }
  }
}
