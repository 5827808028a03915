use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// What the loader counts.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Edits that came into force.
    pub(crate) accepted: IntCounter,
    /// Edits that were refused.
    pub(crate) refused: IntCounter,
    /// Mistakes in the newest edit.
    pub(crate) problems: IntGauge,
    /// Unix time at which the policy in force was loaded.
    pub(crate) loaded_at: IntGauge,
}

impl Metrics {
    /// Adds the metrics to a registry.
    ///
    /// # Errors
    /// When metrics of the same names are there already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let loads = IntCounterVec::new(
            Opts::new(
                "bartizan_policy_loads_total",
                "Policy edits, by whether they came into force",
            ),
            &["outcome"],
        )?;
        let problems = IntGauge::new(
            "bartizan_policy_problems",
            "Mistakes in the newest policy edit; 0 when it is in force",
        )?;
        let loaded_at = IntGauge::new(
            "bartizan_policy_loaded_timestamp_seconds",
            "Unix time at which the policy in force was loaded",
        )?;
        registry.register(Box::new(loads.clone()))?;
        registry.register(Box::new(problems.clone()))?;
        registry.register(Box::new(loaded_at.clone()))?;
        Ok(Self {
            accepted: loads.with_label_values(&["accepted"]),
            refused: loads.with_label_values(&["refused"]),
            problems,
            loaded_at,
        })
    }
}
