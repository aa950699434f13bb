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
  /// Gives a passphrase, and counts how often.
  private final class Reader: PassphraseReader {
    private let text: String
    private let reads = Mutex(0)

    init(_ text: String) { self.text = text }

    var count: Int { reads.withLock { $0 } }

    func read(isNew: Bool) -> Secret {
      reads.withLock { $0 += 1 }
      return Secret(copying: Array(text.utf8))
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
