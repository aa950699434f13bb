import Diagnostics
import Fleet
import FleetFolders
import FleetLiterals
import Planning
import State
import Testing

@testable import CommandLine

@Suite("Groups of equal hosts in a plan")
struct HostGroupTests {
  private static let plans = [
    LargeFleet.firstPlan(hosts: 40), LargeFleet.rotation(hosts: 40), SamplePlan.plan,
  ]

  private func block(of group: HostGroup, in plan: Plan) -> [StyledText] {
    var page = Page(Style(isColored: false), width: nil)
    HostBlocks(plan, caGenerations: LargeFleet.caGenerations, showsAll: true).add(group, to: &page)
    return page.lines
  }

  @Test("every host that is not unchanged is in one group", arguments: Self.plans.indices)
  func partition(_ index: Int) {
    let plan = Self.plans[index]
    let hosts = plan.hosts.filter { !$0.isUnchanged }.map(\.host)
    #expect(HostGroup.all(of: plan).flatMap(\.names).sorted() == hosts.sorted())
    #expect(HostGroup.all(of: plan, eachAlone: true).map(\.names) == hosts.map { [$0] })
  }

  /// A line without what only its host is called.
  private func abstract(_ line: StyledText, _ host: HostPlan) -> OwnText {
    OwnText(
      line.rendered.replacing(/[0-9a-f]{8}… of/, with: "… of"), without: host.ownNames)
  }

  @Test("a group says what each of its members would say alone", arguments: Self.plans.indices)
  func faithfulness(_ index: Int) throws {
    let plan = Self.plans[index]
    let groups = HostGroup.all(of: plan)
    let alone = Dictionary(
      HostGroup.all(of: plan, eachAlone: true).map { ($0.first.host, block(of: $0, in: plan)) },
      uniquingKeysWith: { $1 })
    for group in groups {
      let first = try #require(alone[group.first.host]).map { abstract($0, group.first) }
      for host in group.hosts {
        let own = try #require(alone[host.host]).map { abstract($0, host) }
        #expect(own == first, "\(host.host) is not like \(group.first.host)")
      }
    }
  }

  /// Changes of one host, each of which a reviewer has to see.
  private static let differences: [(name: String, change: @Sendable (inout HostStep) -> Void)] = [
    ("another reason", { $0.reasons.append("the site other.example changes") }),
    ("another stage", { $0.stage += 1 }),
    ("another host that it waits for", { $0.needs = [.init(host: "db", goal: .release(2))] }),
    ("another way", { $0.ways = [.init(site: "shop.example", needs: [])] }),
    ("another kind of change", { $0.changes[0].kind = .remove }),
    ("another file", { $0.changes.removeLast() }),
    ("an opening", { $0.changeInstallation { $0.facts.openings.removeLast() } }),
    ("a CA that it trusts", { $0.changeInstallation { $0.facts.trusts = ["other"] } }),
    ("a site that it serves", { $0.changeInstallation { $0.facts.services = [] } }),
    ("another certificate", { $0.changeInstallation { $0.certificates = [] } }),
    ("a name in a certificate", { $0.changeInstallation { $0.certificates[0].names.append("x") } }),
    ("a reason of a certificate", { $0.changeInstallation { $0.certificates[0].reason = "x" } }),
    ("another key", { $0.changeInstallation { $0.certificates[0].key = "rsa-4096" } }),
    ("a secret file", { $0.changeInstallation { $0.files[0].isSecret.toggle() } }),
    ("another text of a new file", { $0.changeInstallation { $0.files[0].source = .text("x") } }),
    (
      "the name of another host in a file",
      {
        $0.changeInstallation { installation in
          guard case .text(let text) = installation.files[0].source else { return }
          installation.files[0].source = .text(text.replacing("app-7", with: "app-8"))
        }
      }
    ),
    (
      "a release before",
      { $0.present = ReleaseRecord(number: 1, files: [:], certificates: [:], facts: EdgeFacts()) }
    ),
  ]

  @Test("a host that differs is shown alone", arguments: Self.differences.indices)
  func isAlone(_ index: Int) throws {
    var plan = Self.plans[0]
    let position = try #require(plan.hosts.firstIndex { $0.host == "app-7" })
    var step = try #require(plan.hosts[position].steps.first)
    Self.differences[index].change(&step)
    plan.hosts[position].outcome = .steps(StepSequence(step))
    let groups = HostGroup.all(of: plan).map { $0.names.listed() }
    #expect(
      groups == ["app-1 … app-6, app-8 … app-36", "app-7", "edge-1 … edge-4"],
      "\(Self.differences[index].name)")
  }

  @Test("a different diff of a changed file keeps hosts apart; the own name in it does not")
  func diffs() throws {
    var plan = Self.plans[0]
    for (index, host) in plan.hosts.enumerated() where host.roles.roles == [.backEnd] {
      var step = try #require(host.steps.first)
      let line = host.host == "app-7" ? "-root /srv/7;" : "-root /srv/old;"
      step.changes = [
        FileChange(
          path: "nginx/back-end/shop.example.conf", kind: .change,
          diff:
            "--- a\n+++ b\n@@ -1,2 +1,2 @@\n # host \(host.host) of fleet shop\n\(line)\n+root /srv;\n"
        )
      ]
      plan.hosts[index].outcome = .steps(StepSequence(step))
    }
    #expect(HostGroup.all(of: plan).map(\.hosts.count) == [35, 1, 4])
    let diffs = EqualDiffs.all(of: plan)
    #expect(diffs.map { $0.hosts.listed() } == ["app-1 … app-6, app-8 … app-36", "app-7"])
    #expect(diffs.map(\.remark) == [", on each with its own name (this is app-1)", ""])
  }

  @Test("hosts that are held for the same reason are shown together")
  func held() {
    var plan = Self.plans[0]
    for index in plan.hosts.indices.prefix(3) {
      plan.hosts[index].outcome = .held(.init(.unreachable, ["port 22: connecting: refused"]))
    }
    let groups = HostGroup.all(of: plan)
    #expect(groups[0].names.listed() == "app-1 … app-3")
    #expect(
      block(of: groups[0], in: plan).map(\.rendered) == [
        "! app-1 … app-3 (3 back-ends, unreachable)", "    because port 22: connecting: refused",
      ])
  }

  @Test("different numbers of releases and serials do not keep hosts apart, and are summed up")
  func numbers() throws {
    var plan = Self.plans[1]
    for (index, host) in plan.hosts.enumerated() where host.host == "app-7" {
      var steps = host.steps
      for position in steps.indices {
        steps[position].changeInstallation { $0.release = $0.release.following(4) }
      }
      plan.hosts[index].outcome = .steps(try #require(StepSequence(steps)))
    }
    let text = PlanView(plan, caGenerations: LargeFleet.caGenerations)
      .text(Style(isColored: false), width: nil).rendered
    #expect(text.contains("~ app-1 … app-36 (36 back-ends, 2 steps each)"), "\(text)")
    #expect(text.contains("  1. releases 2 to 6, in stage 2"))
    #expect(text.contains("replaces 36 certificates of \"Shop CA 1\", which expire on 2027-01-01"))
  }
}

@Suite("A text without a host's own names")
struct OwnTextTests {
  private func text(_ text: String, _ names: String...) -> OwnText {
    OwnText(text, without: names)
  }

  @Test(
    "does not depend on the names where they stand alone",
    arguments: [
      "host NAME of fleet shop", "NAME", "NAME.", "(NAME)", "/srv/NAME/x", "a NAME b NAME c",
      "NAME. Then",
      "no name at all",
    ])
  func equal(_ sentence: String) {
    let (one, two) = (
      sentence.replacing("NAME", with: "app-1"), sentence.replacing("NAME", with: "db.example")
    )
    #expect(text(one, "app-1") == text(two, "db.example"))
    #expect(text(one, "app-1").hashValue == text(two, "db.example").hashValue)
    #expect(text(one, "app-1").namesItsHost == sentence.contains("NAME"))
  }

  @Test("keeps a plain word, which may be a setting in which two hosts differ")
  func plainWords() {
    #expect(text("+ gzip on;", "on") != text("+ gzip off;", "off"))
    #expect(text("+ gzip on-1;", "on-1") == text("+ gzip off-1;", "off-1"))
  }

  @Test(
    "keeps a name that is only a part of another one",
    arguments: [
      "app-10", "my-app-1", "app-1.example", "www.app-1", "app-1-b", "xapp-1", "app-1:443",
    ])
  func parts(_ name: String) {
    let other = name.replacing("app-1", with: "app-2")
    #expect(text("to \(name) here", "app-1") != text("to \(other) here", "app-2"))
    #expect(!text("to \(name) here", "app-1").namesItsHost)
  }

  @Test("differs where anything else does, also where names are at other places")
  func different() {
    #expect(text("app-1 x", "app-1") != text("app-2 y", "app-2"))
    #expect(text("app-1 app-2", "app-1") != text("app-1 app-2", "app-2"))
    #expect(text("app-1", "app-1") != text("", "app-2"))
    #expect(text("", "app-1") == text("", "app-2"))
    #expect(text("at 10.0.0.1", "a", "10.0.0.1") == text("at 10.0.0.2", "b", "10.0.0.2"))
    #expect(text("at 10.0.0.1", "a", "10.0.0.1") != text("at 10.0.0.10", "b", "10.0.0.1"))
  }
}
