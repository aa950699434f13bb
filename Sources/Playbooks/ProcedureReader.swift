internal import Diagnostics
internal import YAML

extension Playbook.Procedure {
  enum Name: String, CaseIterable {
    case rotateCertificates = "rotate-certificates"
    case rotateCA = "rotate-ca"
    case decommission
  }

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
    switch entries.first(where: { $0.key == "name" })?.value.name {
    case .rotateCertificates:
      return Fields<ProcedureField>(entry.value, &found).map { _ in .rotateCertificates }
    case .rotateCA:
      let fields = Fields<CAProcedureField>(entry.value, &found)
      let fate = fields?[.key]?.choice(of: Playbook.KeyFate.self, &found)
      return .rotateCA(fate ?? .archive)
    case .decommission, nil:
      guard
        let fields = Fields<DecommissionField>(entry.value, at: entry.place, &found)
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
