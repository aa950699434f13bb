import Application
import Synchronization
import Testing

@Suite("All cores")
struct AllCoresTests {
  @Test("give the results in the order of the elements, each once", arguments: [0, 1, 2, 1000])
  func order(_ count: Int) {
    let calls = Mutex<[Int: Int]>([:])
    let results = AllCores().map(Array(0..<count)) { element in
      calls.withLock { $0[element, default: 0] += 1 }
      return "\(element)"
    }
    #expect(results == (0..<count).map { "\($0)" })
    #expect(calls.withLock { $0.count == count && $0.values.allSatisfy { $0 == 1 } })
  }
}
