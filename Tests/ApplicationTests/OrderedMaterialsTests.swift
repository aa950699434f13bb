import CAStore
import FleetFolders
import Foundation
import Inventories
import Planning
import Testing

@testable import Application

@Suite("What was ordered for sites, as plans read it")
struct OrderedMaterialsTests {
  @Test("the record of a site is read once, so one plan does not see two of them")
  func once() async throws {
    let fleet = try await TestFleet()
    let inventory = fleet.home.inventory.replacing(
      "certificate: {ca: true}", with: "certificate: {command: [cat, shop.pem]}")
    try fleet.home.write(inventory, to: "shop.yml")
    let workspace = try await Workspace.open(fleet.location, FakeInteraction())
    let site = try #require(workspace.inventory.sites.first).domain
    let folder = workspace.ca.acme
    try folder.save(SiteOrderRecord(), of: site)
    var ordered = try OrderedMaterials(workspace)
    try "damaged".write(toFile: folder.orderPath(site), atomically: true, encoding: .utf8)
    try await ordered.refresh([site])
    var materials = Materials()
    try ordered.add(to: &materials)
    #expect(materials.siteCertificates.isEmpty)
    #expect(throws: CAStoreError.self) { try OrderedMaterials(workspace) }
  }
}
