package import CAStore
import Inventories

/// The CA of a fleet during one run: its folder, its keys, which are unlocked once, and its
/// revocation lists.
package struct CAAccess: Sendable {
  package let folder: CAFolder
  package let keyring: CAKeyring
  package let revocations: RevocationStore

  package init(_ workspace: Workspace, _ interaction: any Interaction) {
    folder = workspace.ca
    keyring = CAKeyring(
      folder, workspace.inventory.ca,
      passphrase: ConfiguredPassphrase(workspace, interaction))
    revocations = RevocationStore(folder, keyring)
  }
}
