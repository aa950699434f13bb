import State

/// Checks that a host has enough disk space for a release.
enum DiskSpaceCheck {
  /// Why the space is not enough, with the figures; empty if it is enough or unknown.
  static func blockers(for files: [PlannedFile], on observation: HostObservation) -> [String] {
    let surroundings = observation.surroundings
    let needed = needed(for: files)
    let lacking = [
      (place: "below /etc/deploy", needed: needed, free: surroundings.freeForReleases),
      // The host's own nginx configuration is copied there for the test, and nginx prints it once more.
      (place: "below /run", needed: needed + 512, free: surroundings.freeForWork),
    ].compactMap { place, needed, free -> String? in
      guard let free, free < needed else { return nil }
      return "\(place) it needs \(needed) KiB, and \(free) KiB \(free == 1 ? "is" : "are") free"
    }
    guard !lacking.isEmpty else { return [] }
    return [
      "there is not enough disk space for the release: \(lacking.joined(separator: "; ")). Free some"
        + " space"
    ]
  }

  /// In KiB: whole file-system blocks, plus some for folders, the manifest and the rollback data.
  private static func needed(for files: [PlannedFile]) -> Int {
    files.reduce(128) { needed, file in
      // Certificates and keys take no more than one block.
      guard case .text(let text) = file.source else { return needed + 4 }
      return needed + (text.utf8.count + 4095) / 4096 * 4
    }
  }
}
