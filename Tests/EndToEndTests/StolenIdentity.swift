import Sandbox
import Testing

/// What a thief has of a front-end: its key, its certificate, and a session with each back-end. It asks
/// from the front-end's own address, because the firewall accepts no other.
struct StolenIdentity {
  enum Certificate {
    /// The one that was stolen, with the session that it left where the back-end gave one.
    case kept
    /// The one that the front-end has now.
    case current
  }

  struct Answer: CustomStringConvertible {
    var text: String
    var isResumed: Bool { text.contains("\nReused, TLSv1.") }
    /// Nil where there was no HTTP answer.
    var status: Int? {
      text.firstRange(of: "HTTP/1.1 ").flatMap { Int(text[$0.upperBound...].prefix(3)) }
    }
    /// Whether the connection came about and was closed without an answer.
    var isRefused: Bool { text.contains(", TLSv1.") && status == nil }
    var description: String { text }
  }

  let scene: Scene
  let host: String

  init(of host: String, _ scene: Scene) async throws {
    (self.scene, self.host) = (scene, host)
    let output = try await scene.on(
      host,
      "rm -rf /root/kept && mkdir -p /root/kept && cp /etc/deploy/current/tls/front-end.* /root/kept/"
    )
    #expect(output.status == 0, "\(output.all)")
  }

  /// The serial of the stolen certificate, as `openssl` writes it.
  func serial() async throws -> String {
    let output = try await scene.on(
      host, "openssl x509 -noout -serial -in /root/kept/front-end.crt | sed 's/serial=//'")
    return output.stdout.filter { !$0.isWhitespace }
  }

  func ask(
    _ address: String, with certificate: Certificate = .kept, version: String = "tls1_2"
  ) async throws -> Answer {
    let folder = certificate == .kept ? "/root/kept" : "/etc/deploy/current/tls"
    let output = try await scene.on(
      host,
      """
      session=/root/kept/session-$1-$3
      [ "$2" = /root/kept ] || session=/dev/null
      resume=
      [ ! -s "$session" ] || resume="-sess_in $session"
      [ -n "$resume" ] || resume="-sess_out $session"
      printf 'GET / HTTP/1.1\\r\\nHost: shop.example\\r\\nConnection: close\\r\\n\\r\\n' |
        timeout 10 openssl s_client -ign_eof "-$3" -connect "$1:443" -servername shop.example \
          -cert "$2/front-end.crt" -key "$2/front-end.key" $resume 2>&1
      """, address, folder, version)
    return Answer(text: output.all)
  }
}

extension Scene {
  /// Changes nginx's files of the current release by hand, and waits until none of the old workers is
  /// left.
  func changeByHand(_ host: String, _ change: String) async throws {
    let output = try await on(
      host,
      """
      set -e
      cd /etc/deploy/current
      old=$(pgrep -P "$(cat /run/nginx.pid)")
      \(change)
      nginx -t -q
      nginx -s reload
      for try in $(seq 500); do
        alive=
        for worker in $old; do [ ! -d "/proc/$worker" ] || alive=1; done
        [ -n "$alive" ] || exit 0
        sleep 0.02
      done
      exit 1
      """)
    #expect(output.status == 0, "\(output.all)")
  }
}
