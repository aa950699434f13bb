extension Array {
  /// The elements with a key, in an array that is sorted by it: a fleet has thousands of hosts, and each
  /// is looked up for each site.
  package func sortedRun<Key: Comparable>(of key: Key, by path: (Element) -> Key) -> ArraySlice<
    Element
  > {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = low + (high - low) / 2
      if path(self[middle]) < key { low = middle + 1 } else { high = middle }
    }
    return self[low...].prefix { path($0) == key }
  }
}
