import Diagnostics
import Fleet
import Inventories
import Testing

@Suite("The variables of an inventory")
struct VariablesTests {
  private func inventory(_ vars: String, _ rest: String, given: String...) throws -> Inventory {
    try SeveralFiles(
      """
      fleet: demo
      ca: {name: Demo CA, passphrase: {command: [echo, "\(rest)"]}}
      vars: \(vars)
      front_ends: {edge-1: {address: 198.18.0.10}}
      back_ends: {app-1: {address: 198.18.0.21}}
      keep_releases: ${keep}
      sites:
        a.example:
          front_ends: all
          back_ends: all
          certificate: {ca: true}
          back_end: {port: "${port}", root: "/srv/${env}/${env}"}
      \(given.map { "=== $ \($0)\n" }.joined())
      """
    ).inventory()
  }

  private static let vars = "{keep: 7, port: 8443, env: staging, note: a b}"

  private func command(_ inventory: Inventory) -> [String] {
    if case .command(let words) = inventory.ca.passphrase { words } else { [] }
  }

  @Test("have the values that the inventory gives them")
  func defaults() throws {
    let inventory = try inventory(Self.vars, "$HOME $1 $${env} ${env}$ ${note}")
    #expect(inventory.keepReleases == 7)
    #expect(inventory.sites[0].service.port == Port(8443))
    guard case .files(let root, _) = inventory.sites[0].service.content else {
      Issue.record("\(inventory.sites[0].service.content)")
      return
    }
    #expect(root.text == "/srv/staging/staging")
    #expect(command(inventory) == ["echo", "$HOME $1 ${env} staging$ a b"])
  }

  @Test("have the values of the command line, which are texts and nothing else")
  func given() throws {
    let inventory = try inventory(Self.vars, "${note}", given: "keep=9", "note={a: [b]} #")
    #expect(inventory.keepReleases == 9)
    #expect(command(inventory) == ["echo", "{a: [b]} #"])
  }

  @Test("do not change an inventory that declares none")
  func none() throws {
    let text = """
      fleet: demo
      ca: {name: Demo CA, passphrase: {command: [sh, -c, "echo ${HOME} $${x} ${"]}}
      front_ends: {edge-1: {address: 198.18.0.10}}
      back_ends: {app-1: {address: 198.18.0.21}}
      sites:
        a.example: {front_ends: all, back_ends: all, certificate: {ca: true}, back_end: {root: /srv}}

      """
    #expect(command(try SeveralFiles(text).inventory()) == ["sh", "-c", "echo ${HOME} $${x} ${"])
  }

  @Test("take values of the environment only if they are declared")
  func ambient() throws {
    let text = "fleet: ${name}\nvars: {name: demo}\n"
    var given = GivenVariables(named: [:], ambient: ["name": "[", "other": "x"])
    let source = SourceText(file: "i.yml", text: text)
    let read = Inventory.read([source], including: NoIncludedFiles(), given: given)
    #expect(read.diagnostics.contains { $0.detail.contains("\"[\"") })
    #expect(!read.diagnostics.contains { $0.detail.contains("other") })
    given.named = ["name": "demo"]
    let named = Inventory.read([source], including: NoIncludedFiles(), given: given)
    #expect(!named.diagnostics.contains { $0.detail.contains("\"[\"") })
  }
}
