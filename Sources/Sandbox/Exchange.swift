internal import Files
internal import Glibc
internal import SystemPackage

/// Feeds a program and collects what it writes, in one loop, so that neither waits for the other.
struct Exchange {
  private var input: SharedDescriptor?
  private var unsent: ArraySlice<UInt8>
  private let outputs: [SharedDescriptor]
  private var open: Set<Int>
  /// The output so far, of each descriptor.
  private(set) var collected: [[UInt8]]

  init(
    input: SharedDescriptor? = nil, sending bytes: [UInt8] = [],
    collecting outputs: [SharedDescriptor]
  ) {
    self.input = bytes.isEmpty ? nil : input
    self.unsent = bytes[...]
    self.outputs = outputs
    self.open = Set(outputs.indices)
    self.collected = outputs.map { _ in [] }
    input?.doNotBlock()
  }

  /// Blocks until every output has ended, `isEnough` says so, or the deadline passes.
  ///
  /// - Returns: false if the deadline passed first.
  mutating func run(
    until deadline: ContinuousClock.Instant? = nil, isEnough: ([[UInt8]]) -> Bool = { _ in false }
  ) throws(Errno) -> Bool {
    while !open.isEmpty, !isEnough(collected) {
      var timeout: Int32 = -1
      if let deadline {
        let left = deadline - .now
        guard left > .zero else { return false }
        timeout = Int32(left / .milliseconds(1)) + 1
      }
      let reading = open.sorted()
      var polled = reading.map {
        pollfd(fd: outputs[$0].number, events: Int16(POLLIN), revents: 0)
      }
      if let input { polled.append(pollfd(fd: input.number, events: Int16(POLLOUT), revents: 0)) }
      if poll(&polled, nfds_t(polled.count), timeout) < 0 {
        guard Errno.current == .interrupted else { throw Errno.current }
        continue
      }
      if input != nil, polled[reading.count].revents != 0 { feed() }
      for (position, output) in reading.enumerated() where polled[position].revents != 0 {
        try collect(output)
      }
    }
    return true
  }

  private mutating func feed() {
    guard let input else { return }
    let count = unsent.withUnsafeBytes { write(input.number, $0.baseAddress, $0.count) }
    if count < 0, Errno.current.isTemporary { return }
    // A program may end, or close its input, before it has read all of it.
    unsent = count < 0 ? [] : unsent.dropFirst(count)
    if unsent.isEmpty { self.input = nil }
  }

  private mutating func collect(_ output: Int) throws(Errno) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = read(outputs[output].number, &buffer, buffer.count)
    if count < 0, Errno.current == .interrupted { return }
    guard count >= 0 else { throw Errno.current }
    if count == 0 { open.remove(output) }
    collected[output] += buffer[..<count]
  }
}
