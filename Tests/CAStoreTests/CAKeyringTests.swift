import CAStore
import Certificates
import Fleet
import FleetFolders
import Foundation
import State
import Synchronization
import Testing

@Suite("The CA's unlocked keys")
struct CAKeyringTests {
  /// Gives passphrases, the last one again and again, and counts how often.
  private final class Reader: PassphraseReader {
    private let texts: [String]
    private let reads = Mutex(0)

    init(_ texts: String...) { self.texts = texts }

    var count: Int { reads.withLock { $0 } }

    func read(isNew: Bool) async -> Secret {
      let read = reads.withLock { reads in
        reads += 1
        return reads
      }
      // Meanwhile the others come.
      for _ in 0..<100 { await Task.yield() }
      return Secret(copying: Array(texts[min(read, texts.count) - 1].utf8))
    }
  }

  private let home: Home

  init() throws { home = try Home() }

  @Test("the passphrase is read once per run, for any number of generations and tasks")
  func once() async throws {
    try home.folder.add()
    try home.folder.add()
    let reader = Reader("correct horse")
    let keyring = CAKeyring(home.folder, policy(), passphrase: reader)
    let generations = try home.folder.generations()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<8 {
        group.addTask { _ = try await keyring.ca(generations[index % 2]) }
      }
      try await group.waitForAll()
    }
    #expect(reader.count == 1)
    for record in generations {
      #expect(try await keyring.ca(record).facts.commonName == record.commonName)
    }
    #expect(reader.count == 1)
  }

  @Test(
    "a passphrase that opens no key is asked for again, and fails all tasks that waited for it")
  func again() async throws {
    try home.folder.add()
    let reader = Reader("mistyped", "correct horse")
    let keyring = CAKeyring(home.folder, policy(), passphrase: reader)
    let record = try #require(try home.folder.generations().last)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          await #expect(throws: CAStoreError.self) { _ = try await keyring.ca(record) }
        }
      }
    }
    #expect(reader.count == 1)
    #expect(try await keyring.ca(record).facts.commonName == record.commonName)
    #expect(reader.count == 2)
  }

  @Test("a rotation creates no key with a passphrase that does not open the current key")
  func wrongPassphrase() async throws {
    try home.folder.add()
    let files = try home.files()
    let keyring = CAKeyring(home.folder, policy(), passphrase: Reader("mistyped"))
    let time = Timestamp(secondsSince1970: now)
    var state = FleetState(fleet: "shop", lineage: "l")
    try home.folder.takeIn(into: &state, now: time)
    let before = state
    let error = await #expect(throws: CAStoreError.self) {
      var state = before
      try await keyring.startRotation(of: &state, now: time)
    }
    #expect(error?.message.contains("the passphrase is wrong") == true)
    #expect(try home.files() == files)
    // If the key in use is lost there is nothing to compare it with.
    try FileManager.default.removeItem(atPath: home.folder.keyPath(1))
    try await keyring.startRotation(of: &state, now: time)
    #expect(state.caGenerations.map(\.status) == [.retiring, .signing])
  }
}
