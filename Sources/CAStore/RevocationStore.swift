import Certificates
package import Fleet
package import State

/// The revocation lists of one run. They are signed for its plan, and saved when the plan is carried out.
package actor RevocationStore {
  private let folder: CAFolder
  private let keyring: CAKeyring
  private var lists = RevocationLists()

  package init(_ folder: CAFolder, _ keyring: CAKeyring) {
    self.folder = folder
    self.keyring = keyring
  }

  /// Signs the lists that the state needs, in memory only.
  package func lists(for state: FleetState, now: Timestamp) async throws -> RevocationLists {
    lists = try await folder.revocationLists(
      state.revocations, of: state.caGenerations, now: now
    ) { [keyring] in try await keyring.ca($0) }
    return lists
  }

  /// The warnings about the lists, for the plan.
  package var warnings: [String] { lists.warnings }

  /// Writes new lists to the folder.
  package func keep() throws { try folder.keep(lists) }

  /// Copies the lists to the state, for the case that the folder is lost.
  package func add(to state: inout FleetState) {
    for entry in lists.signed {
      guard
        let position = state.caGenerations.firstIndex(where: {
          $0.keyIdentifier == entry.record.keyIdentifier
        })
      else { continue }
      state.caGenerations[position].revocationList = entry.list.pem
    }
  }
}
