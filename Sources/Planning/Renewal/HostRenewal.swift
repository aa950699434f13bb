import Firewall
import Fleet
import Inventories
import Nginx
import State

/// Renews the parts of a host's present release that are due: its certificates, revocation lists, the certificates that were
/// ordered for its sites, and the address ranges of content networks. All other files stay as they are.
struct HostRenewal {
  let context: PlanContext
  let facts: HostFacts
  let installed: InstalledHost
  let snapshot: Snapshot

  /// The files of a release that a renewal replaces.
  struct Renewed {
    /// By path.
    var files: [String: PlannedFile] = [:]
    var certificates: [PlannedCertificate] = []
    /// The openings of the firewall, if they change.
    var openings: [Opening]?
    /// Why something that is due cannot be renewed.
    var blockers: [String] = []

    var isEmpty: Bool { files.isEmpty && blockers.isEmpty }
  }

  init(_ context: PlanContext, _ facts: HostFacts, _ installed: InstalledHost) {
    self.context = context
    self.facts = facts
    self.installed = installed
    snapshot = Snapshot(installed.observation)
  }

  var host: Host { facts.host }
  private var observation: HostObservation { installed.observation }

  var outcome: HostPlan.Outcome {
    guard let present = installed.present else {
      return .held(
        .init(
          .blocked,
          [
            "what is due is not known, because the manifest of its release cannot be accepted: \"deploy apply\" makes"
              + " the release again"
          ]))
    }
    var renewed = Renewed()
    renewCertificates(of: present, &renewed)
    renewSiteCertificates(of: present, &renewed)
    renewLists(of: present, &renewed)
    renewRanges(of: present, &renewed)
    guard !renewed.isEmpty else { return .unchanged(present: present) }
    let files = files(of: present, renewed)
    let reasons =
      renewed.blockers + Preflight.blockers(on: observation) + repairs
      + DiskSpaceCheck.blockers(for: files, on: observation)
    guard reasons.isEmpty else { return .held(.init(.blocked, reasons)) }
    return .steps(StepSequence(step(present, files, renewed)))
  }

  /// A release with changed files cannot be carried over.
  private var repairs: [String] {
    HostHealth(observation).faults.map {
      "something is due, but the host differs from its release: \($0.reason). \"deploy apply\" repairs it"
    }
  }

  /// The whole new release, sorted by path.
  private func files(of present: ReleaseRecord, _ renewed: Renewed) -> [PlannedFile] {
    present.files.keys.sorted().compactMap { path in
      if path == ReleasePath.marker.relative {
        return PlannedFile(
          path: path, source: .text(releaseMarker(release: installed.nextRelease).text))
      }
      return renewed.files[path] ?? snapshot.kept(path)
    }
  }

  private func step(
    _ present: ReleaseRecord, _ files: [PlannedFile], _ renewed: Renewed
  ) -> HostStep {
    var edges = present.facts
    if let openings = renewed.openings { edges.openings = openings }
    let changes = ReleaseDraft.changes(to: files, from: snapshot, context)
    let installation = Installation(
      release: installed.nextRelease, replaces: ReleaseBefore(observation.currentRelease),
      facts: edges, files: files, certificates: renewed.certificates)
    return HostStep(
      .install(installation),
      reasons: ReasonText.reasons(for: changes, issuing: renewed.certificates, snapshot),
      expected: observation.fingerprint, present: present, changes: changes
    ).showing(observation)
  }

  // MARK: - Lists

  /// Renews the CA bundle and the revocation lists if the host trusts and refuses the same as before.
  private func renewLists(of present: ReleaseRecord, _ renewed: inout Renewed) {
    let trusts = Set(present.facts.trusts)
    let known = context.input.state.caGenerations.filter { trusts.contains($0.keyIdentifier) }
    guard !trusts.isEmpty, known.count == trusts.count else { return }
    replace(
      .trustBundle, with: known.map(\.certificate).joined(), of: present, &renewed)
    guard let refuses = present.facts.refuses,
      Set(refuses) == context.materials.refusals(trusting: trusts)
    else { return }
    replace(
      .revocationLists, with: context.revocationLists(trusting: trusts), of: present, &renewed)
  }

  /// Replaces a file that the release has, if its text is another one.
  func replace(
    _ path: ReleasePath, with text: String, of present: ReleaseRecord, _ renewed: inout Renewed
  ) {
    guard present.files[path.relative] != nil,
      !snapshot.isInstalled(path.relative, context.input.digest(text))
    else { return }
    renewed.files[path.relative] = PlannedFile(path: path.relative, source: .text(text))
  }
}
