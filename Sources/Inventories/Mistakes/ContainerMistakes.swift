internal import Diagnostics
import Fleet

extension Diagnostic {
  static func containerOfFrontEnd(_ host: HostName, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .containerOfFrontEnd, at: place,
      "Only a back-end can have a container: front-ends reach its nginx through \(host). Declare it under "
        + "\("back_ends".quoted), or declare a front-end in a container as a separate host that "
        + "\("ssh: {jump: ...}".quoted) reaches.")
  }

  static func containerNeedsIPv4(of host: HostName, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .containerNeedsIPv4, at: place,
      "\(host) and its container need IPv4 addresses, because one is translated to the other. With IPv6 "
        + "no translation is needed: declare the container as a separate back-end that "
        + "\("ssh: {jump: \(host)}".quoted) reaches.")
  }

  static func containerOutsideNetwork(
    _ address: IPAddress, _ network: AddressRange, at place: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .containerOutsideNetwork, at: place,
      "The container's address \(address) is not in \(network), the network behind its host.")
  }

  static func containerNamedLikeHost(_ name: HostName, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .containerNamedLikeHost, at: place,
      "\(name) is the name of a container in the fleet. Give this host another name.")
  }

  static func containerNameTooLong(_ host: HostName, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .containerNameTooLong, at: place,
      "Its name would be \("\(host).container".quoted), which is longer than a host name may be. "
        + "Give the host a shorter name.")
  }

  static func jumpIntoContainer(of host: HostName, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .jumpIntoContainer, at: place,
      "A container is always reached through its host \(host). Set the jump hosts of \(host) "
        + "instead.")
  }

  static func unpublishedPort(
    _ port: Port, _ container: Container, on host: HostName, at place: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .unpublishedPort, at: place,
      "\(host) publishes its container on port \(container.published), not on \(port). Remove the "
        + "port, or publish that one.")
  }
}
