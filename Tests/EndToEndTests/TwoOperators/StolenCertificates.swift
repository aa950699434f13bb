import Foundation
import Sandbox
import Testing

/// What a thief has of every host: each certificate that was ever installed, with its key, and what is
/// known of whether it must be refused.
struct StolenCertificates {
  struct Certificate: Hashable {
    var host: String
    var role: String
    /// As `openssl` writes it.
    var serial: String
    /// The issuer's key identifier.
    var issuer: String
    /// The digest by which its files are named.
    var name: String
  }

  private(set) var all: [Certificate] = []
  /// Revoked by a run that ended well, or of a generation that was rotated out: everybody refuses it.
  private(set) var revoked: Set<Certificate> = []
  /// Revoked by a run that was cut off: where it was refused once, it stays refused.
  private(set) var attempted: Set<Certificate> = []
  private var refusedOnce: Set<[String]> = []
  private(set) var retired: Set<String> = []

  func known(of host: String) -> [Certificate] { all.filter { $0.host == host } }

  mutating func attempt(_ certificates: [Certificate]) { attempted.formUnion(certificates) }

  mutating func revoke(_ certificates: [Certificate]) {
    revoked.formUnion(certificates)
    attempted.formUnion(certificates)
  }

  mutating func retire(_ generations: Set<String>) {
    retired.formUnion(generations)
    revoke(all.filter { generations.contains($0.issuer) })
  }

  /// Copies what hosts have in any release that is still on their disks, and gives front-end
  /// certificates to the thief.
  mutating func steal(in fleet: TwinFleet) async throws {
    for host in TwinFleet.hosts {
      let output = try await fleet.scene.on(host, Self.theft)
      #expect(output.status == 0, "\(output.all)")
      for line in output.stdout.split(separator: "\n") {
        let words = line.split(separator: " ").map(String.init)
        try #require(words.count == 6, "\(String(line))")
        let certificate = Certificate(
          host: host, role: words[1], serial: words[2].lowercased(), issuer: words[3],
          name: words[0])
        all.append(certificate)
        if retired.contains(certificate.issuer) { revoked.insert(certificate) }
        try await fleet.scene.on(
          Self.thief,
          "mkdir -p /root/thief && cd /root/thief && echo $2 | base64 -d >$1.crt && echo $3 | base64 -d >$1.key",
          words[0], words[4], words[5])
      }
    }
  }

  /// From where the thief asks: the firewall of back-ends lets front-ends in.
  fileprivate static let thief = "edge-1"

  private static let theft = """
    mkdir -p /root/taken
    for file in /etc/deploy/releases/*/tls/front-end.crt /etc/deploy/releases/*/tls/back-end.crt; do
      [ -e "$file" ] || continue
      name=$(sha256sum <"$file" | cut -c 1-32)
      [ ! -e "/root/taken/$name" ] || continue
      : >"/root/taken/$name"
      printf '%s %s %s %s %s %s\\n' "$name" "$(basename "$file" .crt)" \
        "$(openssl x509 -noout -serial -in "$file" | cut -d = -f 2)" \
        "$(openssl x509 -noout -ext authorityKeyIdentifier -in "$file" | sed 1d | tr -d ' :' | sed 's/keyid//')" \
        "$(base64 -w 0 "$file")" "$(base64 -w 0 "${file%.crt}.key")"
    done
    """

  // MARK: - During a run

  /// A thief who asks again and again with certificates that were refused before.
  struct Watch {
    fileprivate var command: SandboxCommand
    fileprivate var scene: Scene

    /// - Returns: where the thief was let in, in words.
    func end() async throws -> [String] {
      try await scene.on(StolenCertificates.thief, "touch /root/thief/stop")
      let answers = try await command.wait().stdout.split(separator: "\n")
      return Set(answers.filter { $0.hasSuffix(" 200") }).sorted().map {
        "accepted again, during a run: \($0)"
      }
    }
  }

  /// - Returns: nil where nothing was refused so far.
  func watch(in fleet: TwinFleet) throws -> Watch? {
    let pairs = refusedOnce.sorted { $0[0] < $1[0] }.filter { pair in
      all.contains { $0.name == pair[0] && $0.role == "front-end" }
    }
    guard !pairs.isEmpty else { return nil }
    let words = pairs.suffix(4).map { "\($0[0])=\(TwinFleet.allBackEnds[$0[1], default: ""])" }
    let script = """
      rm -f /root/thief/stop
      for round in $(seq 2000); do
        for pair; do
          for port in 8443 9443; do
            echo "$pair $(curl -sk -o /dev/null -w '%{http_code}' --max-time 10 \
              --cert "/root/thief/${pair%=*}.crt" --key "/root/thief/${pair%=*}.key" \
              --resolve "shop.example:$port:${pair#*=}" "https://shop.example:$port/answer")"
          done
        done
        [ ! -e /root/thief/stop ] || exit 0
        sleep 0.2
      done
      """
    return Watch(
      command: try fleet.scene.sandbox.spawn(
        ["sh", "-c", script, "sh"] + words, on: .host(Self.thief)), scene: fleet.scene)
  }

  // MARK: - Whether it is refused

  /// Where a certificate is accepted, by host; hosts that cannot be asked are left out.
  private struct Answer {
    var certificate: Certificate
    var host: String
    var isAccepted: Bool
    var words: String
  }

  private func answers(in fleet: TwinFleet) async throws -> [Answer] {
    var answers: [Answer] = []
    let asked = attempted.sorted { $0.name < $1.name }
    guard !asked.isEmpty else { return [] }
    for (host, address) in TwinFleet.allBackEnds {
      let ports = try await fleet.scene.on(
        host,
        "cat /etc/deploy/current/nginx/back-end/shop.example.conf 2>/dev/null |"
          + " sed -n 's/^ *listen .*[^0-9]\\([0-9][0-9]*\\) ssl.*/\\1/p; s/^ *listen \\([0-9]*\\) ssl.*/\\1/p' | sort -u"
      ).stdout.split(separator: "\n").map(String.init)
      let clients = asked.filter { $0.role == "front-end" }
      let output = try await fleet.scene.on(
        Self.thief, Self.connection, [address] + ports.prefix(1) + clients.map(\.name))
      let lines = output.stdout.split(separator: "\n")
      guard !ports.isEmpty else { continue }
      #expect(lines.count == clients.count, "\(output.all)")
      for (certificate, line) in zip(clients, lines) where !line.hasPrefix("000") {
        answers.append(
          Answer(
            certificate: certificate, host: host, isAccepted: line.hasPrefix("200"),
            words: String(line)))
      }
    }
    return answers
      + (try await answersOfFrontEnd(to: asked.filter { $0.role == "back-end" }, fleet))
  }

  /// Whether a front-end would accept a back-end's certificate, by its nginx configuration.
  private func answersOfFrontEnd(
    to certificates: [Certificate], _ fleet: TwinFleet
  ) async throws -> [Answer] {
    guard !certificates.isEmpty else { return [] }
    let output = try await fleet.scene.on(
      Self.thief, Self.verification, certificates.map(\.name))
    let lines = output.stdout.split(separator: "\n")
    #expect(lines.count == certificates.count, "\(output.all)")
    return zip(certificates, lines).map {
      Answer(
        certificate: $0, host: Self.thief, isAccepted: $1 == "accepted", words: String($1))
    }
  }

  private static let verification = """
    cd /etc/deploy/current/tls || exit
    lists=
    [ ! -e revoked.crl ] || lists="-crl_check -CRLfile revoked.crl"
    for name; do
      openssl verify -CAfile ca.crt $lists -purpose sslserver "/root/thief/$name.crt" \
        >/dev/null 2>&1 && echo accepted || echo refused
    done
    """

  private static let connection = """
    [ $# -gt 1 ] || exit 0
    address=$1 port=$2
    shift 2
    for name; do
      curl -sk -o /dev/null -w '%{http_code} %{errormsg}\\n' --max-time 10 \
        --cert "/root/thief/$name.crt" --key "/root/thief/$name.key" \
        --resolve "shop.example:$port:$address" "https://shop.example:$port/answer"
    done
    """

  /// Asks every back-end.
  ///
  /// - Parameter hosts: those that must refuse all that is revoked: empty where a run did not end well.
  /// - Returns: what is wrong, in words.
  mutating func faults(in fleet: TwinFleet, of hosts: Set<String>) async throws -> [String] {
    var faults: [String] = []
    for answer in try await answers(in: fleet) {
      let pair = [answer.certificate.name, answer.host]
      guard answer.isAccepted else {
        refusedOnce.insert(pair)
        continue
      }
      let words =
        "\(answer.host) accepts \(answer.certificate.serial.prefix(8)) of \(answer.certificate.host)"
      if refusedOnce.contains(pair) {
        faults.append("accepted again: \(words), which it has refused")
      } else if revoked.contains(answer.certificate), hosts.contains(answer.host) {
        faults.append("not refused: \(words), which is revoked")
      }
    }
    return faults
  }
}
