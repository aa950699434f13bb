/// The samples of one metric of a fleet. ``FleetMetrics`` makes it.
package struct MetricFamily: Hashable, Sendable {
  /// One value with its labels.
  package struct Sample: Hashable, Sendable {
    /// A name and a value; the name is a literal of this program.
    package struct Label: Hashable, Sendable {
      package let name: String
      package let value: String

      init(_ name: StaticString, _ value: String) {
        self.name = "\(name)"
        self.value = value
      }
    }

    package let labels: [Label]
    package let value: Int64
  }

  package let metric: FleetMetric
  package let samples: [Sample]

  /// Of samples with the same labels, which the format forbids, the least value is kept: the first to expire.
  init(_ metric: FleetMetric, _ samples: [Sample]) {
    self.metric = metric
    var places: [[Sample.Label]: Int] = [:]
    var kept: [Sample] = []
    for sample in samples {
      if let place = places[sample.labels] {
        if sample.value < kept[place].value { kept[place] = sample }
      } else {
        places[sample.labels] = kept.count
        kept.append(sample)
      }
    }
    self.samples = kept
  }
}
