import TestSupport
import Testing

@testable import Execution

@Suite("What a survey reports about the host's releases", .timeLimit(.minutes(2)))
struct SurveyScriptTests {
  @Test(
    "has each message on a separate line, even if a file is truncated anywhere",
    arguments: Shell.allCases
  )
  func cutOff(_ shell: Shell) throws {
    let result = try shell.run(
      #"""
      mkdir -p "$root/releases/7/nginx" "$root/releases/8" "$root/discarded"; ln -s releases/7 "$root/current"
      printf 'file 0 0644 nginx/a\nend' > "$root/releases/7/manifest"; printf 'a;' > "$root/releases/7/nginx/a"
      printf 'fleet sh' > "$root/releases/8/manifest"; printf 'rele' > "$root/discarded/9"
      survey_release; printf 'no end' | quote; say_lines manifest "$root/discarded/9"; say end
      """#, in: TemporaryFolder())
    let expected = [
      "staged 8 fleet sh", "discarded 9 rele", "latest 8", "manifest end", "manifest rele", "end",
    ]
    for line in expected {
      #expect(result.lines.contains("@deploy " + line), "\(line)\n\(result.output)")
    }
    #expect(result.lines.contains("| no end"))
    #expect(result.error == "")
  }
}
