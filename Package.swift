// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target is built with.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// Decisions are pure: no Foundation, no C, no `async`, and memory safety is checked.
let pure = strict + [.strictMemorySafety()]

extension Target {
  static func decision(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: pure)
  }

  static func effect(
    _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []
  ) -> Target {
    .target(
      name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
  }

  /// - Parameter cases: whether the tests read case files.
  static func tests(
    _ name: String, _ dependencies: [Target.Dependency], cases: Bool = false
  ) -> Target {
    .testTarget(
      name: name + "Tests", dependencies: dependencies + ["TestSupport"],
      exclude: cases ? ["Cases"] : [], swiftSettings: strict)
  }
}

let arguments = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

// No target may be called System: packages look for Apple's module of that name, and would find ours.
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let algorithms = Target.Dependency.product(name: "Algorithms", package: "swift-algorithms")

let package = Package(
  name: "deploy",
  products: [.executable(name: "deploy", targets: ["deploy"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-algorithms", exact: "1.2.1"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
  ],
  targets: [
    .systemLibrary(
      name: "COpenSSL", path: "Sources/C/COpenSSL", pkgConfig: "libcrypto",
      providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CLibSSH2", path: "Sources/C/CLibSSH2", pkgConfig: "libssh2",
      providers: [.apt(["libssh2-1-dev"])]),
    .systemLibrary(name: "CLinux", path: "Sources/C/CLinux"),
    .systemLibrary(
      name: "CLibPQ", path: "Sources/C/CLibPQ", pkgConfig: "libpq",
      providers: [.apt(["libpq-dev"])]),
    .systemLibrary(
      name: "CLibYAML", path: "Sources/C/CLibYAML", pkgConfig: "yaml-0.1",
      providers: [.apt(["libyaml-dev"])]),

    .decision("Diagnostics"),
    .decision("Fleet", [algorithms]),
    .decision("Schema", ["Diagnostics"]),
    .effect("YAML", ["CLibYAML", "Diagnostics", "Schema"]),
    .decision("Inventories", ["Fleet", "YAML", "Diagnostics", "Schema"]),
    .decision("Playbooks", ["Fleet", "Inventories", "YAML", "Diagnostics", "Schema", algorithms]),
    .decision("Nginx", ["Fleet", "Inventories"]),
    .decision("Firewall", ["Fleet", "Inventories"]),
    .decision("State", ["Fleet", "Diagnostics"]),
    .decision(
      "Planning",
      ["Fleet", "Inventories", "Playbooks", "Nginx", "Firewall", "State", "Diagnostics"]),
    .decision("Reports", ["Diagnostics", "Fleet", "Inventories", "Planning", "State"]),

    .effect("Files", ["CLinux", systemPackage]),
    .effect(
      "StateStores",
      ["Diagnostics", "Files", "Fleet", "Hashing", "PostgreSQL", "State", algorithms]),
    .effect("Hashing", ["COpenSSL"]),
    .effect("PostgreSQL", ["CLibPQ", "Certificates", "Diagnostics"]),
    .effect("Certificates", ["COpenSSL", "Fleet", "Hashing"]),
    .effect(
      "Processes",
      ["Diagnostics", "Files", .product(name: "Subprocess", package: "swift-subprocess")]),
    .effect(
      "ACME",
      [
        "Certificates", "Diagnostics", "Fleet", "Hashing", "Processes",
        .product(name: "Subprocess", package: "swift-subprocess"),
      ]),
    .effect(
      "SSH",
      [
        "CLibSSH2", "CLinux", "Diagnostics", "Fleet", "Hashing", "Files", systemPackage,
        algorithms, logging, .product(name: "HeapModule", package: "swift-collections"),
      ]),
    .effect(
      "Execution", ["Diagnostics", "Fleet", "Planning", "State", algorithms, logging],
      resources: [
        .embedInCode("Host/Program/base.sh"), .embedInCode("Host/Program/progress.sh"),
        .embedInCode("Host/Program/nginx.sh"), .embedInCode("Host/Program/rules.sh"),
        .embedInCode("Host/Program/firewall.sh"), .embedInCode("Host/Program/units.sh"),
        .embedInCode("Host/Program/force.sh"), .embedInCode("Host/Program/undo.sh"),
        .embedInCode("Host/Program/survey.sh"), .embedInCode("Host/Program/surroundings.sh"),
        .embedInCode("Host/Program/staging.sh"), .embedInCode("Host/Program/validation.sh"),
        .embedInCode("Host/Program/arming.sh"), .embedInCode("Host/Program/transaction.sh"),
        .embedInCode("Host/Program/confirm.sh"), .embedInCode("Host/Program/connections.sh"),
        .embedInCode("Host/Program/main.sh"),
      ]),
    .effect(
      "Sandbox", ["Files", systemPackage],
      resources: [.embedInCode("Scripts/box.sh"), .embedInCode("Scripts/boot.sh")]),
    .effect(
      "CAStore", ["Certificates", "Files", "Fleet", "Inventories", "Playbooks", "State"]),
    .effect(
      "Verification",
      ["Certificates", "Execution", "Fleet", "Inventories", "Planning", "SSH", "State"]),
    .effect(
      "Application",
      [
        "ACME", "CAStore", "Certificates", "Diagnostics", "Execution", "Files", "Fleet", "Hashing",
        "Inventories", "Nginx", "Planning", "Playbooks", "PostgreSQL", "Processes", "Reports",
        "SSH", "Sandbox", "Schema", "State", "StateStores", "Verification", systemPackage,
        algorithms, logging,
        .product(name: "Subprocess", package: "swift-subprocess"),
      ],
      // The playbooks are links to the shipped ones.
      resources: [
        .embedInCode("Starter/inventory.yml"), .embedInCode("Starter/all-at-once.yml"),
        .embedInCode("Starter/canary.yml"), .embedInCode("Starter/decommission.yml"),
        .embedInCode("Starter/rolling.yml"), .embedInCode("Starter/rotate-ca.yml"),
        .embedInCode("Starter/rotate-certificates.yml"),
      ]),
    .effect(
      "CommandLine",
      [
        "Application", "Certificates", "CLinux", "Diagnostics", "Execution", "Files", "Fleet",
        "Inventories", "Planning", "Playbooks", "Reports", "SSH", "Schema", "State",
        "Verification", arguments,
        algorithms, logging,
      ]),
    .executableTarget(name: "deploy", dependencies: ["CommandLine"], swiftSettings: strict),

    .executableTarget(
      name: "BenchSigning", dependencies: ["Certificates"], path: "Tests/BenchSigning",
      swiftSettings: strict),
    .executableTarget(
      name: "BenchPlanner",
      dependencies: [
        "Application", "Diagnostics", "Fleet", "Hashing", "Inventories", "Planning", "Playbooks",
        "PostgreSQL", "State", "StateStores",
      ], path: "Tests/BenchPlanner", swiftSettings: strict),
    .target(
      name: "TestSupport", dependencies: ["CLinux"], path: "Tests/TestSupport",
      swiftSettings: strict),
    .target(
      name: "FleetLiterals", dependencies: ["Fleet"], path: "Tests/FleetLiterals",
      swiftSettings: strict),
    .tests("Architecture", []),
    .tests("Diagnostics", ["Diagnostics"]),
    .tests("Fleet", ["Fleet"]),
    .tests("YAML", ["YAML", "Diagnostics", "Schema"], cases: true),
    .tests("Schema", ["Application", "Diagnostics", "Inventories", "Playbooks", "Schema", "YAML"]),
    .tests("Inventories", ["Fleet", "Inventories", "YAML", "Diagnostics"], cases: true),
    .tests(
      "Playbooks", ["Fleet", "Playbooks", "Inventories", "YAML", "Diagnostics"], cases: true),
    .tests(
      "Nginx", ["Fleet", "Nginx", "Firewall", "Inventories", "Diagnostics"], cases: true),
    .tests("Firewall", ["Firewall", "Fleet", "Inventories", "Diagnostics"], cases: true),
    .tests("Files", ["Files"]),
    .tests("Hashing", ["Hashing"]),
    .tests(
      "StateStores",
      ["StateStores", "Certificates", "Files", "Fleet", "FleetLiterals", "PostgreSQL", "State"],
      cases: true),
    .tests("Certificates", ["Certificates"]),
    .tests(
      "SSH", ["SSH", logging, .product(name: "InMemoryLogging", package: "swift-log")],
      cases: true),
    .tests("ACME", ["ACME", "Certificates", "Fleet"]),
    .tests("Sandbox", ["Sandbox"]),
    .tests("State", ["Fleet", "FleetLiterals", "State"], cases: true),
    .tests(
      "Planning",
      [
        "Planning", "Firewall", "Fleet", "FleetLiterals", "Inventories", "Playbooks", "State",
        "Nginx", "YAML",
        "Diagnostics",
      ],
      cases: true),
    .tests(
      "Reports",
      [
        "Reports", "deploy", "Diagnostics", "Fleet", "FleetFolders", "FleetLiterals", "Inventories",
        "Planning", "State",
      ]),
    .tests(
      "Execution",
      [
        "Execution", "Fleet", "FleetLiterals", "Planning", "State", "Diagnostics", logging,
        .product(name: "InMemoryLogging", package: "swift-log"),
      ], cases: true),
    .target(
      name: "FleetFolders",
      dependencies: [
        "CAStore", "Certificates", "Diagnostics", "Fleet", "FleetLiterals", "Inventories",
        "Planning", "Playbooks", "State", "TestSupport",
      ],
      path: "Tests/FleetFolders", swiftSettings: strict),
    .tests(
      "CAStore",
      [
        "CAStore", "Certificates", "Files", "Fleet", "FleetFolders", "FleetLiterals", "Inventories",
        "Playbooks", "State",
      ]),
    .tests(
      "Verification",
      [
        "Verification", "Certificates", "Diagnostics", "Execution", "Fleet", "FleetFolders",
        "FleetLiterals", "Inventories", "Planning", "SSH", "State",
      ]),
    .tests(
      "Application",
      [
        "ACME", "deploy", "Application", "CAStore", "Certificates", "Diagnostics", "Execution",
        "Files", "Fleet", "FleetFolders", "FleetLiterals", "Hashing", "Inventories", "Planning",
        "Playbooks", "Processes", "SSH", "State", "StateStores",
      ], cases: true),
    .tests(
      "CommandLine",
      [
        "deploy", "CommandLine", "Application", "CAStore", "Certificates", "Diagnostics",
        "Execution", "Files", "Fleet", "FleetFolders", "FleetLiterals", "Planning", "State", "YAML",
        arguments,
        logging,
      ], cases: true),
    // The topics are read where they are, and recorded there.
    .testTarget(
      name: "MessagesTests",
      dependencies: [
        "deploy", "CommandLine", "Certificates", "Diagnostics", "Execution", "Fleet",
        "FleetFolders", "FleetLiterals", "Inventories", "Planning", "SSH", "State", "TestSupport",
        "Verification", arguments,
      ], exclude: ["Topics"], swiftSettings: strict),
    .tests(
      "EndToEnd",
      [
        "deploy", "Application", "Sandbox", "Fleet", "FleetLiterals", "Inventories", "Planning",
        "State",
        "Diagnostics",
      ]),
  ],
  swiftLanguageModes: [.v6]
)

// `DEPLOY_TESTS=SSH,Certificates` builds these tests and what they need, and nothing else: instrumented by a
// sanitizer, the whole takes ten times as long.
if let names = Context.environment["DEPLOY_TESTS"] {
  var kept = Set(names.split(separator: ",").map { "\($0)Tests" })
  var added = kept
  while !added.isEmpty {
    let needed = package.targets.filter { added.contains($0.name) }.flatMap(\.dependencies)
      .compactMap { if case .byNameItem(let name, _) = $0 { name } else { nil } }
    added = Set(needed).subtracting(kept)
    kept.formUnion(added)
  }
  package.products.removeAll { !kept.contains($0.name) }
  package.targets.removeAll { !kept.contains($0.name) }
}
