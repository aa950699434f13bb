import Testing

@testable import Planning

@Suite("The diff of a file")
struct FileChangeTests {
  private func diff(from old: String?, to new: String?) -> String? {
    FileChange(path: "a.conf", kind: .change, from: old, to: new).diff
  }

  @Test("names /dev/null for a file that is not there, and not for an empty one")
  func names() {
    #expect(diff(from: nil, to: "x\n") == "--- /dev/null\n+++ planned/a.conf\n@@ -0,0 +1 @@\n+x\n")
    #expect(
      diff(from: "", to: "x\n") == "--- installed/a.conf\n+++ planned/a.conf\n@@ -0,0 +1 @@\n+x\n")
    #expect(
      diff(from: "x\n", to: nil) == "--- installed/a.conf\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n")
  }

  @Test("is empty for an empty file that is new, and is missing if nothing may be shown")
  func empty() {
    #expect(diff(from: nil, to: "") == "")
    #expect(FileChange(path: "tls/a.key", kind: .create).diff == nil)
  }
}
