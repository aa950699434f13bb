import Algorithms

extension Array {
  /// The elements with a key, in an array that is sorted by it: a fleet has thousands of hosts, and each
  /// is looked up for each site.
  package func sortedRun<Key: Comparable>(of key: Key, by path: (Element) -> Key) -> ArraySlice<
    Element
  > {
    self[partitioningIndex { path($0) >= key }...].prefix { path($0) == key }
  }
}
