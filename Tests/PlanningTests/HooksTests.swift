import Fleet
import Planning
import Playbooks
import Testing

@Suite("The hooks of a plan")
struct HooksTests {
  @Test("are those of the playbook, as programs with their arguments")
  func planned() {
    #expect(
      PlannedHooks(
        Playbook.Hooks(
          beforeHost: [.words(["./drain", "$X"]), .shell("./log && true")],
          afterHost: [.words(["./undrain"])], timeout: .seconds(9)))
        == PlannedHooks(
          beforeHost: [["./drain", "$X"], ["/bin/sh", "-c", "./log && true"]],
          afterHost: [["./undrain"]], timeout: 9))
  }
}
