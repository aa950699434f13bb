package import Fleet

/// What changes for connections, one line each: `443/tcp now also from 203.0.113.12`.
///
/// - Parameter isIncluded: for which ports and protocols lines are made.
package func difference(
  from old: [Opening], to new: [Opening], where isIncluded: (Opening.Target) -> Bool = { _ in true }
) -> [String] {
  Set((old + new).map(\.target)).filter(isIncluded).sorted().flatMap { target in
    let (before, after) = (old.source(of: target), new.source(of: target))
    return changes(from: before, to: after).map { "\(target) \($0)" }
  }
}

private func changes(from old: Opening.Source, to new: Opening.Source) -> [String] {
  switch (old, new) {
  case (.everybody, .everybody): []
  case (.ranges, .everybody): ["now from everybody"]
  case (.everybody, .ranges(let ranges)) where ranges.isEmpty: ["closed; was open to everybody"]
  case (.everybody, .ranges): ["now only from \(new)"]
  case (.ranges(let old), .ranges(let new)): changes(from: old, to: new)
  }
}

/// The changes between the sources of one port, as the ends of sentences that begin with the port;
/// empty if both lists accept the same addresses.
func changes(from old: [AddressRange], to new: [AddressRange]) -> [String] {
  if new.isEmpty, !old.isEmpty { return ["closed; was open to \(Opening.Source(old))"] }
  let added = new.filter { range in !old.contains { $0.covers(range) } }
  let removed = old.filter { range in !new.contains { $0.covers(range) } }
  let adverb = old.isEmpty ? "now" : "now also"
  return (added.isEmpty ? [] : ["\(adverb) from \(Opening.Source(added))"])
    + (removed.isEmpty ? [] : ["no longer from \(Opening.Source(removed))"])
}
