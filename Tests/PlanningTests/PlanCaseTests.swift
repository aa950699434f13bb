import Foundation
import Testing

@Suite("The plan of a case")
struct PlanCaseTests {
  @Test("is the one in its file", arguments: try PlanCase.all())
  func plan(_ planCase: PlanCase) throws {
    let plan = try planCase.plan()
    if ProcessInfo.processInfo.environment["DEPLOY_RECORD"] == "1" {
      try planCase.record(plan)
      Issue.record("recorded; read the difference, then run again")
    }
    #expect(plan == (try planCase.parts().expected))
  }

  @Test("is there for every decision")
  func enoughCases() throws { #expect(try PlanCase.all().count >= 40) }
}
