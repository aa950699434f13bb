import Fleet
import Foundation
import Testing

@testable import ACME

@Suite("What an ACME server and its client send")
struct MessageTests {
  @Test("bytes survive base64url, whose text has no padding and only characters of URLs")
  func base64() {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 250) }
      let text = Base64URL.encode(bytes)
      #expect(Base64URL.decode(text) == bytes)
      #expect(text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" })
    }
    for wrong in ["a", "a+b=", "ab/c", "ab==", "a b"] { #expect(Base64URL.decode(wrong) == nil) }
  }

  @Test("a certificate is named as in the example of RFC 9773, 4.1")
  func certificateIdentifier() {
    let identifier = CertificateIdentifier(
      authorityKey: "69885b6b87464041e1b37b847ba0ae2cde01c8d4", serial: "87654321")
    #expect(identifier?.description == "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE")
    for (key, serial) in [("", "00"), ("00", ""), ("0", "00"), ("00", "xy")] {
      #expect(CertificateIdentifier(authorityKey: key, serial: serial) == nil)
    }
  }

  @Test("an answer is read as curl prints it, with interim answers before it")
  func response() {
    let text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/2 201 \r\nLocation: https://ca.test/order/1\r\n"
      + "Link: <https://ca.test/1>;rel=\"alternate\", <https://ca.test/dir>; rel=index\r\n"
      + "Link: <https://ca.test/2>; rel=\"alternate\"\r\nreplay-nonce:  n1 \r\n\r\nbody\r\n\r\nmore"
    let response = ResponseReader.read(Array(text.utf8))
    #expect(response?.status == 201)
    #expect(response?.field("location") == "https://ca.test/order/1")
    #expect(response?.field("replay-nonce") == "n1")
    #expect(response?.links("alternate") == ["https://ca.test/1", "https://ca.test/2"])
    #expect(response.map { String(decoding: $0.body, as: UTF8.self) } == "body\r\n\r\nmore")
  }

  @Test(
    "an answer that is not HTTP is refused",
    arguments: [
      "", "\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 999 x\r\n\r\n", "HTTP/1.1 200 OK\r\na: b\r\n",
    ])
  func notHTTP(_ text: String) { #expect(ResponseReader.read(Array(text.utf8)) == nil) }

  @Test("a time to try again is seconds or a date")
  func retryTime() {
    let now = Timestamp(secondsSince1970: 784_111_700)
    func time(_ text: String) -> Int64? {
      HTTPResponse(status: 503, fields: ["retry-after": [text]]).retryTime(from: now)?
        .secondsSince1970
    }
    #expect(time("120") == 784_111_820)
    #expect(time("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
    #expect(time("-5") == 784_111_700)
    for wrong in ["soon", "", "Sun, 06 Nox 1994 08:49:37 GMT", "1.5"] {
      #expect(time(wrong) == nil)
    }
  }

  @Test("a problem is one bounded line, whatever the server writes")
  func problem() throws {
    let text = #"""
      {"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"a\u001b[31mb\nc",
       "subproblems":[{"detail":"no","identifier":{"type":"dns","value":"a.test"}},{"type":"x"}]}
      """#
    let problem = try JSONDecoder().decode(Problem.self, from: Data(text.utf8))
    #expect(problem.kind == .rejectedIdentifier)
    #expect(problem.text.hasSuffix("; a.test: no; x"), "\(problem.text)")
    #expect(!problem.text.contains("\u{1b}") && !problem.text.contains("\n"))
    let long = try JSONDecoder().decode(
      Problem.self, from: Data(#"{"detail":"\#(String(repeating: "x", count: 9000))"}"#.utf8))
    #expect(long.text.count < 500 && long.kind == nil)
  }

  @Test("renewal is within the suggested window")
  func renewal() throws {
    let text =
      #"{"suggestedWindow":{"start":"2026-01-02T04:00:00Z","end":"2026-01-03T04:00:00.5+00:00"}}"#
    let info = try JSONDecoder().decode(RenewalInfo.self, from: Data(text.utf8))
    #expect(info.renewal(at: 0).description == "2026-01-02T04:00:00Z")
    #expect(info.renewal(at: 0.5).description == "2026-01-02T16:00:00Z")
    #expect(info.renewal(at: 7) == info.end)
    for wrong in [
      #"{"suggestedWindow":{"start":"2026-01-02T04:00:00Z","end":"2026-01-01T04:00:00Z"}}"#,
      #"{"suggestedWindow":{"start":"then","end":"2026-01-01T04:00:00Z"}}"#, "{}",
    ] {
      #expect(throws: (any Error).self) {
        try JSONDecoder().decode(RenewalInfo.self, from: Data(wrong.utf8))
      }
    }
  }

  @Test("the thumbprint of a key is the same each time it is read, and answers challenges")
  func thumbprint() throws {
    let key = try AccountKey.generate()
    let again = try AccountKey.read(pem: key.pem(), named: "account.key")
    #expect(key.thumbprint == again.thumbprint && key.thumbprint.utf8.count == 43)
    #expect(key.keyAuthorization(for: "t") == "t.\(key.thumbprint)")
    #expect(key.recordValue(for: "t").utf8.count == 43)
  }
}
