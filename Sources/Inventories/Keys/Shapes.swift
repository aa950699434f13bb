import Fleet
package import Schema

/// The types of values that several keys have.
extension Shape {
  /// A text that a type checks.
  ///
  /// - Parameters:
  ///   - form: how it is written, if that says more than the type's noun.
  ///   - example: a valid text, in YAML.
  static func text<Text: ValidatedText>(
    _ type: Text.Type, form: String? = nil, example: String? = nil
  ) -> Shape {
    .text(TextShape(type, form: form, example: example))
  }

  package static func choice<Value: CaseIterable & RawRepresentable<String>>(of type: Value.Type)
    -> Shape
  {
    .choice(Value.allCases.map(\.rawValue))
  }

  /// One value, or a list with at least one.
  static func oneOrMore(_ shape: Shape) -> Shape { .either([shape, .list(shape, atLeast: 1)]) }

  package static let period = Shape.text(
    TextShape(
      noun: Period.noun, rule: Period.rule, pattern: "^[0-9]+[smhdy]$", example: "30s"))

  static let port = Shape.integer(1...65535)

  /// A path on the controller.
  static func file(example: String? = nil) -> Shape {
    .text(LocalPath.self, form: "a file", example: example)
  }

  static func remotePath(example: String) -> Shape {
    .text(RemotePath.self, form: "a remote path", example: example)
  }

  static let address = Shape.text(
    TextShape(
      noun: "an IP address", rule: "written like 198.51.100.7 or 2001:db8::7",
      example: "198.51.100.7"))

  /// One address, or one of each family.
  static let addresses = oneOrMore(address)

  static let range = TextShape(
    noun: "an address range",
    rule: "an address, or a prefix such as 198.51.100.0/24 with no bit set behind it",
    form: "a range", example: "192.0.2.0/24")

  static let ranges = Shape.list(.text(range), atLeast: 1)

  /// Ranges, and names of groups of them.
  static let sources = Shape.list(
    .text(
      TextShape(
        noun: "an address range or a group",
        rule: "a range, or the name of a group of `firewall.groups`",
        form: "a range or a group", example: "192.0.2.0/24")), atLeast: 1)

  /// The networks of edges.
  static let edgeNetworks = Shape.either([
    .text(NetworkName.self, form: "a network", example: "private"),
    .mapping(MappingShape(EdgeNetworkField.self)),
  ])

  /// A program and its arguments.
  package static func command(example: String) -> Shape {
    .list(
      .text(
        TextShape(
          noun: "a word of a command", rule: "any text without the character NUL, but not empty",
          form: "a program or an argument", example: example)), atLeast: 1)
  }

  static let environmentVariable = Shape.text(
    TextShape(
      noun: "an environment variable",
      rule: "letters, digits and underscores, not first a digit", example: "DEPLOY_PASSPHRASE"))

  /// A secret, by a variable, a file or a program.
  static let secret = Shape.mapping(MappingShape(SecretField.self))
}

extension TextShape {
  init<Text: ValidatedText>(_ type: Text.Type, form: String? = nil, example: String? = nil) {
    self.init(noun: Text.noun, rule: Text.rule, form: form, example: example)
  }
}

/// The keys of a source of a secret, such as `ca.passphrase`.
enum SecretField: String, KeyTable {
  case env, file, command, credential

  static let owner = "the source of the secret"
  static let form: String? =
    "`{env: NAME}`, `{file: PATH}`, `{command: [PROGRAM, …]}` or `{credential: NAME}`"
  static var alternatives: [Self] { allCases }

  var about: KeyDescription {
    let absence = KeyDescription.Absence.otherwise(
      "one of `env`, `file`, `command`, `credential`")
    return switch self {
    case .env:
      KeyDescription(
        .environmentVariable, absence,
        "The variable that has it. It is removed from the environment of programs that deploy runs."
      )
    case .file:
      KeyDescription(
        .file(example: "~/.config/deploy/passphrase"),
        absence,
        "The file of which the first line is it; it must be readable by its owner only.")
    case .command:
      KeyDescription(
        .command(example: "pass"), absence,
        "A program that prints it in its first line, with its arguments.",
        example: "[pass, show, shop]")
    case .credential:
      KeyDescription(
        .text(
          TextShape(
            noun: "a credential", rule: "letters, digits, \".\", \"_\" and \"-\", not first a dot",
            example: "passphrase")), absence,
        "The credential that systemd gives to the service which runs deploy (`LoadCredential=`): its first line."
          + " Outside of a service, the terminal is asked.")
    }
  }
}
