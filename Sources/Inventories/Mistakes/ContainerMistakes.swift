internal import Diagnostics
import Fleet

extension Diagnostic {
  static func containerOfFrontEnd(_ host: HostName, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .containerOfFrontEnd, at: place,
      "A container is a back-end's: front-ends reach its nginx through \(host). Declare it under "
        + "\("back_ends".quoted), or declare a front-end in a container as a host of its own that "
        + "\("ssh: {jump: ...}".quoted) reaches.")
  }

  static func containerNeedsIPv4(of host: HostName, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .containerNeedsIPv4, at: place,
      "\(host) and its container need IPv4 addresses, which one translates for the other. With IPv6 "
        + "nothing has to be translated: declare the container as a back-end of its own that "
        + "\("ssh: {jump: \(host)}".quoted) reaches.")
  }

  static func containerOutsideNetwork(
    _ address: IPAddress, _ network: AddressRange, at place: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .containerOutsideNetwork, at: place,
      "The container's address \(address) does not lie in \(network), the network behind its host.")
  }

  static func containerNamedLikeHost(_ name: HostName, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .containerNamedLikeHost, at: place,
      "\(name) is the name that a container of the fleet has. Give this host another one.")
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
      "A container is always reached through its host \(host). Say there what \(host) itself is "
        + "reached through.")
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
