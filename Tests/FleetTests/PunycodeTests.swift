import Testing

@testable import Fleet

@Suite("International names")
struct PunycodeTests {
  /// The samples of RFC 3492, section 7.1, that its letters can show.
  private static let samples = [
    ("ليهمابتكلموشعربي؟", "egbpdaj6bu4bxfgehfvwxn"),
    ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"),
    ("他們爲什麽不說中文", "ihqwctvzc91f659drss3x8bo0yb"),
    ("Pročprostěnemluvíčesky", "Proprostnemluvesky-uyb24dma41a"),
    ("למההםפשוטלאמדבריםעברית", "4dbcagdahymbxekheh6e0a7fei0b"),
    ("なぜみんな日本語を話してくれないのか", "n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa"),
    ("почемужеонинеговорятпорусски", "b1abfaaepdrnnbgefbadotcwatmq2g4l"),
    ("PorquénopuedensimplementehablarenEspañol", "PorqunopuedensimplementehablarenEspaol-fmd56a"),
    ("TạisaohọkhôngthểchỉnóitiếngViệt", "TisaohkhngthchnitingVit-kjcr8268qyxafd2f1b9g"),
    ("3年B組金八先生", "3B-ww4c5e180e575a65lsy2b"),
    ("安室奈美恵-with-SUPER-MONKEYS", "-with-SUPER-MONKEYS-pc58ag80a8qai00g7n9n"),
    ("Hello-Another-Way-それぞれの場所", "Hello-Another-Way--fc4qua05auwb3674vfr0b"),
    ("ひとつ屋根の下2", "2-u9tlzr9756bt3uc0v"),
    ("MajiでKoiする5秒前", "MajiKoi5-783gue6qz075azm5e"),
    ("パフィーdeルンバ", "de-jg4avhby1noc0d"),
    ("そのスピードで", "d9juau41awczczp"),
    ("-> $1.00 <-", "-> $1.00 <--"),
  ]

  @Test("labels are encoded as in RFC 3492", arguments: samples)
  func encoded(_ label: String, _ expected: String) {
    #expect(Punycode.encoded(label) == expected)
  }

  @Test("a label that would be too long is not encoded")
  func tooLong() {
    #expect(Punycode.encoded(String(repeating: "ü", count: 64)) == nil)
  }

  @Test(
    "a name is suggested in ASCII: in lower case, with its accents composed",
    arguments: [
      ("bücher.example", "xn--bcher-kva.example"), ("BÜCHER.Example", "xn--bcher-kva.example"),
      ("bu\u{308}cher.example", "xn--bcher-kva.example"),
      ("www.straße.example", "www.xn--strae-oqa.example"),
      ("例え。テスト", "xn--r8jz45g.xn--zckzah"), ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
    ])
  func suggested(_ name: String, _ expected: String) {
    #expect(DomainName.repair(name) == expected)
    #expect(DomainName(expected) != nil)
  }

  @Test(
    "a text with characters that no international name may have is not accepted",
    arguments: ["bücher\u{A0}.example", "☃.example", "bü/cher.example", "bü\u{200B}cher.example"])
  func unusable(_ name: String) {
    #expect(DomainName.asciiForm(of: name) == nil)
  }
}
