import State

/// Whether a host has space for a release.
enum DiskSpaceCheck {
  /// What it lacks, with the figures; empty where it has enough or could not tell.
  static func blockers(for files: [PlannedFile], on observation: HostObservation) -> [String] {
    let surroundings = observation.surroundings
    let needed = needed(for: files)
    let lacking = [
      (place: "below /etc/deploy", needed: needed, free: surroundings.freeForReleases),
      // The host's own nginx configuration is copied there to be tested, and shown once more by nginx.
      (place: "below /run", needed: needed + 512, free: surroundings.freeForWork),
    ].compactMap { place, needed, free -> String? in
      guard let free, free < needed else { return nil }
      return "\(place) it needs \(needed) KiB and has \(free) KiB"
    }
    guard !lacking.isEmpty else { return [] }
    return ["there is no space for the release: \(lacking.joined(separator: "; ")): make some"]
  }

  /// KiB: whole blocks of a file system, and some for folders, manifest and the means to go back.
  private static func needed(for files: [PlannedFile]) -> Int {
    files.reduce(128) { needed, file in
      // Certificates and keys take no more than one block.
      guard case .text(let text) = file.source else { return needed + 4 }
      return needed + (text.utf8.count + 4095) / 4096 * 4
    }
  }
}
