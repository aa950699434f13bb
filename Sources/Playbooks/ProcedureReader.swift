internal import Diagnostics
internal import YAML

extension Playbook.Procedure {
  fileprivate enum Name: String, CaseIterable {
    case rotateCertificates = "rotate-certificates"
    case rotateCA = "rotate-ca"
    case decommission
  }

  private enum Key: String, CaseIterable { case name }
  private enum CAKey: String, CaseIterable { case name, key }
  private enum DecommissionKey: String, CaseIterable { case name, certificates }

  /// Reads `procedure:`: its name, or a mapping of the name and the options.
  static func read(
    _ entry: Node.Entry, _ found: inout DiagnosticCollector
  ) -> Playbook.Procedure? {
    guard case .mapping(let entries) = entry.value.content else {
      switch entry.value.choice(of: Name.self, &found) {
      case .decommission: return .decommission(.forget)
      case .rotateCertificates: return .rotateCertificates
      case .rotateCA: return .rotateCA(.archive)
      case nil: return nil
      }
    }
    let owner = "the procedure"
    switch entries.first(where: { $0.key == "name" })?.value.name {
    case .rotateCertificates:
      return Fields<Key>(entry.value, of: owner, &found).map { _ in .rotateCertificates }
    case .rotateCA:
      let fields = Fields<CAKey>(entry.value, of: owner, &found)
      let fate = fields?[.key]?.choice(of: Playbook.KeyFate.self, &found)
      return .rotateCA(fate ?? .archive)
    case .decommission, nil:
      guard
        let fields = Fields<DecommissionKey>(entry.value, of: owner, at: entry.place, &found)
      else { return nil }
      _ = fields.required(.name, &found)?.choice(of: Name.self, &found)
      let fate = fields[.certificates]?.choice(of: Playbook.CertificateFate.self, &found)
      return .decommission(fate ?? .forget)
    }
  }
}

extension Node {
  /// The name of a procedure; nil if it is not one.
  fileprivate var name: Playbook.Procedure.Name? {
    guard case .scalar(let scalar) = content else { return nil }
    return .init(rawValue: scalar.text)
  }
}
