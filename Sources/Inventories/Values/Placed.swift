internal import Diagnostics
import Fleet
internal import YAML

/// A value and its place in the file, while the inventory is read.
struct Placed<Value> {
  var value: Value
  var place: SourcePlace
}

extension Node {
  /// Reads a validated text such as a host name. Reports any other text, with a repaired one as the
  /// suggestion if that is valid.
  func read<Text: ValidatedText>(
    _ type: Text.Type = Text.self, _ found: inout DiagnosticCollector
  ) -> Text? {
    value(noun: Text.noun, rule: Text.rule, &found, repair: Text.repair, parse: Text.init)?
      .from(folder)
  }

  /// Reads a validated text and keeps its place, for rules that compare it with other values.
  func placed<Text: ValidatedText>(
    _ type: Text.Type = Text.self, _ found: inout DiagnosticCollector
  ) -> Placed<Text>? {
    read(type, &found).map { Placed(value: $0, place: place) }
  }

  /// Reads a port from 1 to 65535; reports anything else.
  func port(_ found: inout DiagnosticCollector) -> Port? {
    integer(in: 1...65535, &found).flatMap { Port($0) }
  }

  /// Reads an IPv4 or IPv6 address; reports anything else.
  func address(_ found: inout DiagnosticCollector) -> IPAddress? {
    value(
      noun: "an IP address", rule: "written like 198.51.100.7 or 2001:db8::7", &found,
      parse: { IPAddress($0) })
  }

  /// A list with at least one address range; `reason` explains why an empty list is a mistake.
  func ranges(ifEmpty reason: String, _ found: inout DiagnosticCollector) -> [AddressRange]? {
    guard let elements = elements(&found) else { return nil }
    guard !elements.isEmpty else {
      found.report(.emptyList(at: place, reason: reason))
      return nil
    }
    return elements.compactMap { $0.range(&found) }
  }

  /// Reads an address or a network in CIDR notation. If bits behind the prefix are set, the range
  /// without them is suggested.
  func range(_ found: inout DiagnosticCollector) -> AddressRange? {
    value(
      noun: "an address range",
      rule: "an address, or a prefix such as 198.51.100.0/24 with no bit set behind it", &found,
      repair: { AddressRange.network(around: $0)?.description },
      parse: { AddressRange($0) })
  }

  /// Reads one value, or a list with at least one value.
  ///
  /// - Parameter reason: what to do if the list is empty, as a sentence.
  func oneOrMore<Text: ValidatedText>(
    _ type: Text.Type, ifNone reason: String, _ found: inout DiagnosticCollector
  ) -> [Text] {
    guard case .sequence(let elements) = content else {
      return [self].compactMap { $0.read(Text.self, &found) }
    }
    if elements.isEmpty { found.report(.emptyList(at: place, reason: reason)) }
    return elements.compactMap { $0.read(Text.self, &found) }
  }

  /// Reads the path of a file on the controller. The file itself is read later.
  func localFile(_ found: inout DiagnosticCollector) -> LocalFile? {
    read(LocalPath.self, &found).map { LocalFile(path: $0, place: place) }
  }
}

extension Node.Entry {
  /// The key as a validated name.
  func name<Text: ValidatedText>(
    _ type: Text.Type = Text.self, _ found: inout DiagnosticCollector
  ) -> Placed<Text>? {
    Node(.scalar(Node.Scalar(text: key, isPlain: false)), at: place).placed(type, &found)
  }
}
