import Fleet
import Schema

/// The keys of `defaults`.
enum DefaultsField: String, KeyTable {
  case site

  static let owner = "a set of defaults"

  var about: KeyDescription {
    let site = MappingShape(
      SiteField.self, without: [.aliases],
      absence: { $0.about.absence == .required ? .otherwise("none") : nil })
    return KeyDescription(
      .mapping(site.changing(SiteField.backEnd.rawValue) { $0.withoutAlternatives }),
      .otherwise("none"),
      "Keys of a site, for every site: what a site says itself counts. Mappings are joined, key by key; of keys that"
        + " exclude each other the site's count, and lists are replaced.",
      example: "{hsts: {max_age: 1y}}")
  }
}

extension InventoryField {
  static let inclusion = KeyDescription(
    .oneOrMore(.text(IncludedPath.self, form: "a file or a glob", example: "sites/*.yml")),
    .otherwise("none"),
    "Further files with keys of an inventory, relative to this one: their mappings are joined, and no key is in two files.",
    example: "[sites/*.yml]")

  static let variables = KeyDescription(
    .entries(
      of: .text(
        TextShape(noun: "a text", rule: "any text, number or truth value", example: "eu")),
      named: TextShape(VariableName.self, example: "region")), .otherwise("none"),
    "Texts that `${NAME}` stands for in values of the inventory, each with its default, which `--var NAME=VALUE`"
      + " replaces. They are not secret.")
}
