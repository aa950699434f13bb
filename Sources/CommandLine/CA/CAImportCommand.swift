import Application
import ArgumentParser
import CAStore
import Fleet
import State

/// `deploy ca import`: adds a CA that another program created, or newer revocation lists of its root
/// (``ImportCA``).
struct CAImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Use a CA that another program created, such as openssl, easy-rsa or step.",
    usage: "deploy ca import [<options>] [<folder>]",
    discussion: """
      Copies the certificate and the key into the CA's folder, where the key is encrypted again with the \
      passphrase that the inventory names. Your files stay unchanged. If the fleet has a CA already, the \
      imported one becomes its next generation: "deploy rotate ca" moves the hosts to it, and they accept both \
      meanwhile. A CA that a root signed needs the root's certificate and revocation list. With --crl alone, \
      the list of such a root is replaced by a newer one.

      The folder is one of easy-rsa 3, of step (step path) or of openssl ca.

      EXAMPLES:
        deploy ca import --certificate ca.crt --key ca.key
        deploy ca import /etc/easy-rsa/pki
        deploy ca import --crl root.crl
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var lock: LockOption
  @Argument(
    help: ArgumentHelp("Folder of easy-rsa, step or openssl ca.", valueName: "folder"),
    completion: .directory)
  var folder: String?
  @Option(
    help: ArgumentHelp("Certificate of the CA, in PEM form.", valueName: "file"),
    completion: .file())
  var certificate: String?
  @Option(
    help: ArgumentHelp("Private key of the CA, in PEM form.", valueName: "file"),
    completion: .file())
  var key: String?
  @Option(
    help: ArgumentHelp("Certificate of the root that signed the CA.", valueName: "file"),
    completion: .file())
  var chain: [String] = []
  @Option(
    help: ArgumentHelp(
      "Revocation list of the root, or of the CA itself, in PEM or DER form.", valueName: "file"),
    completion: .file())
  var crl: [String] = []
  @Option(
    help: ArgumentHelp(
      "Private key of the root, to sign an empty revocation list. It is not copied.",
      valueName: "file"),
    completion: .file())
  var rootKey: String?
  @Option(
    help: ArgumentHelp(
      "Read the passphrase of the imported key from this variable.", valueName: "variable"))
  var keyPassphraseEnv: String?
  @Option(
    help: ArgumentHelp(
      "Read the passphrase of the imported key from the first line of this file.",
      valueName: "file"),
    completion: .file(),
    transform: { text in
      guard let path = LocalPath(text) else {
        throw ValidationError("\(LocalPath.noun) is \(LocalPath.rule)")
      }
      return path
    })
  var keyPassphraseFile: LocalPath?
  @Option(
    help: ArgumentHelp(
      "Read the passphrase of the imported key from the output of this program. Words are separated by spaces.",
      valueName: "command"))
  var keyPassphraseCommand: String?

  func validate() throws {
    let sources = [keyPassphraseEnv, keyPassphraseFile?.text, keyPassphraseCommand]
    guard sources.count(where: { $0 != nil }) <= 1 else {
      throw ValidationError(
        "Give one of --key-passphrase-env, --key-passphrase-file and --key-passphrase-command.")
    }
    guard words?.isEmpty != true else {
      throw ValidationError("--key-passphrase-command needs the name of a program.")
    }
    guard folder == nil || (certificate == nil && key == nil) else {
      throw ValidationError("Give the folder, or --certificate and --key, not both.")
    }
    guard folder != nil || (certificate == nil) == (key == nil) else {
      throw ValidationError("Give --certificate and --key together.")
    }
    guard folder != nil || certificate != nil || !crl.isEmpty else {
      throw ValidationError("Give --certificate and --key, a folder, or --crl.")
    }
    guard folder != nil || certificate != nil || (chain.isEmpty && rootKey == nil) else {
      throw ValidationError("--chain and --root-key need --certificate and --key.")
    }
  }

  private var words: [String]? { keyPassphraseCommand?.split(separator: " ").map(String.init) }

  private var source: PassphraseSource {
    if let keyPassphraseEnv {
      .environment(keyPassphraseEnv)
    } else if let keyPassphraseFile {
      .file(keyPassphraseFile)
    } else if let words {
      .command(words)
    } else {
      .terminal
    }
  }

  func run() async throws {
    try await reporting {
      ImportCA.takeSecret(of: source)
      let workspace = try await options.openWorkspace(waiting: lock)
      let use = ImportCA(workspace, options.interaction())
      guard folder != nil || certificate != nil else {
        for (record, end) in try await use.updateLists(from: crl) {
          Console.output(
            "The revocation list of the root of \"\(record.commonName)\" is valid until \(end.date)."
          )
        }
        return Console.output("Run \"deploy apply\" to install it on the hosts.")
      }
      let named = ForeignCAFiles(
        certificate: certificate, key: key, chain: chain, revocationLists: crl, rootKey: rootKey)
      let files = try folder.map { try named.completed(from: $0) } ?? named
      Console.output(
        try ImportView(try await use.add(files, passphrase: source), in: workspace.ca).text)
    }
  }
}
