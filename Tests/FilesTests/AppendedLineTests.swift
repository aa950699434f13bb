import Files
import TestSupport
import Testing

@Suite("Adding lines to a file")
struct AppendedLineTests {
  @Test("each line is on its own, also behind one that was not ended")
  func lines() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("log")
    try FileWriter.append(line: Array("one".utf8), to: path)
    try FileWriter.append(line: Array("two".utf8), to: path)
    #expect(try folder.text("log") == "one\ntwo\n")
    #expect(try folder.mode("log") == 0o600)
    try folder.write("one\ntw", to: "log")
    try FileWriter.append(line: Array("three".utf8), to: path)
    #expect(try folder.text("log") == "one\ntw\nthree\n")
    try folder.write("", to: "log")
    try FileWriter.append(line: [], to: path)
    #expect(try folder.text("log") == "\n")
  }
}
