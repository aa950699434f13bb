import Testing

@Suite("The plan of a case")
struct PlanCaseTests {
  @Test("is the one in its file", arguments: try PlanCase.all())
  func plan(_ planCase: PlanCase) throws {
    #expect(try planCase.mismatch(planCase.plan()) == nil)
  }

  @Test("is there for every decision")
  func enoughCases() throws { #expect(try PlanCase.all().count >= 40) }
}
