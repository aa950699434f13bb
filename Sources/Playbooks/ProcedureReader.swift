internal import Diagnostics
internal import YAML

extension Playbook.Procedure {
  private enum Key: String, CaseIterable {
    case name, certificates
  }

  private enum Name: String, CaseIterable {
    case rotateCertificates = "rotate-certificates"
    case rotateAuthority = "rotate-authority"
    case decommission

    static let later: [Name] = [.rotateCertificates, .rotateAuthority]
  }

  /// Reads `procedure:`: its name, or a mapping of the name and the options.
  static func read(
    _ entry: Node.Entry, _ found: inout DiagnosticCollector
  ) -> Playbook.Procedure? {
    var name: Name?
    var fate = Playbook.CertificateFate.forget
    if case .mapping = entry.value.content {
      guard let fields = Fields<Key>(entry.value, of: "the procedure", at: entry.place, &found)
      else { return nil }
      name = fields.required(.name, &found)?
        .choice(of: Name.self, later: Name.later, &found)
      fate =
        fields[.certificates]?.choice(of: Playbook.CertificateFate.self, &found) ?? fate
    } else {
      name = entry.value.choice(of: Name.self, later: Name.later, &found)
    }
    switch name {
    case .decommission: return .decommission(fate)
    case nil, .rotateCertificates, .rotateAuthority: return nil
    }
  }
}
