import Fleet
import Inventories
import PostgreSQL
import StateStores

/// Where the state and the CA's files are.
extension Workspace {
  /// The store that an inventory declares.
  ///
  /// - Parameter stem: the path that the names of files beside the inventory begin with.
  static func declaredStore(
    of inventory: Inventory, _ path: String, _ location: FleetLocation, stem: String
  ) throws -> any FleetStore {
    switch inventory.state {
    case .files: return files(of: inventory, location, stem: stem)
    case .postgresql(let place):
      guard location.state == nil else {
        throw Failure(
          .usage,
          "--state names a file, but \(path) keeps the state in PostgreSQL: remove the option, or the key"
            + " \"state\" of the inventory")
      }
      return database(of: inventory, place)
    }
  }

  static func files(
    of inventory: Inventory, _ location: FleetLocation, stem: String
  ) -> StateFiles {
    StateFiles(
      location.state ?? stem + ".state.json", fleet: inventory.fleet.text, caFolder: stem + ".ca")
  }

  static func database(of inventory: Inventory, _ place: PostgreSQLPlace) -> StateDatabase {
    let address = DatabaseAddress(
      connection: place.connection?.text ?? "", service: place.service?.text,
      password: SecretEnvironment.take("PGPASSWORD"))
    let name =
      place.service.map { "PostgreSQL service \($0.text)" }
      ?? place.connection.map { "PostgreSQL (\($0.text))" } ?? "PostgreSQL"
    return StateDatabase(address, place: name, fleet: inventory.fleet.text)
  }
}
