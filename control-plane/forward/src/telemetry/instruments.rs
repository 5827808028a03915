use opentelemetry::metrics::{Histogram, Meter, MeterProvider};
use opentelemetry_sdk::metrics::SdkMeterProvider;

use super::names::metric;

/// Seconds; the bounds of the conventions.
const SECONDS: [f64; 14] = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];

/// What is measured under the GenAI conventions.
#[derive(Debug)]
pub(super) struct Instruments {
    pub(super) tokens: Histogram<u64>,
    pub(super) duration: Histogram<f64>,
    pub(super) time_to_first_chunk: Histogram<f64>,
    pub(super) time_per_output_chunk: Histogram<f64>,
}

impl Instruments {
    pub(super) fn new(provider: &SdkMeterProvider) -> Self {
        let meter = provider.meter(env!("CARGO_PKG_NAME"));
        // The bounds of the conventions: powers of four.
        let counts = (0..14).map(|power| f64::from(1_u32 << (2 * power))).collect();
        let (name, unit) = metric::TOKENS;
        Self {
            tokens: meter
                .u64_histogram(name)
                .with_unit(unit)
                .with_boundaries(counts)
                .build(),
            duration: seconds(&meter, metric::DURATION),
            time_to_first_chunk: seconds(&meter, metric::TIME_TO_FIRST_CHUNK),
            time_per_output_chunk: seconds(&meter, metric::TIME_PER_OUTPUT_CHUNK),
        }
    }
}

fn seconds(meter: &Meter, (name, unit): (&'static str, &'static str)) -> Histogram<f64> {
    meter
        .f64_histogram(name)
        .with_unit(unit)
        .with_boundaries(SECONDS.to_vec())
        .build()
}
