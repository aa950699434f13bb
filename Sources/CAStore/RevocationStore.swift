import Certificates
package import Fleet
package import State

/// The revocation lists of a run: signed for its plan, and written to the folder when the plan is carried out.
package actor RevocationStore {
  private let folder: CAFolder
  private let keyring: CAKeyring
  private var lists = RevocationLists()

  package init(_ folder: CAFolder, _ keyring: CAKeyring) {
    self.folder = folder
    self.keyring = keyring
  }

  /// The lists that the state needs; signed in memory only.
  package func lists(for state: FleetState, now: Timestamp) async throws -> RevocationLists {
    lists = try await folder.revocationLists(
      state.revocations, of: state.caGenerations, now: now
    ) { [keyring] in try await keyring.ca($0) }
    return lists
  }

  /// Writes the lists that are new to the folder.
  package func keep() throws { try folder.keep(lists) }

  /// Adds the lists to the state, which still has them if the folder is lost.
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
