use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

/// What is counted about secrets. Labels are names from policy documents and words of ours.
#[derive(Clone, Debug)]
pub(crate) struct SecretMetrics {
    reads: IntCounterVec,
    stale: IntGaugeVec,
}

/// The metrics of one secret, looked up once.
#[derive(Debug)]
pub(super) struct SecretMeters {
    provider: String,
    what: &'static str,
    ok: IntCounter,
    failed: IntCounter,
    stale: IntGauge,
}

impl SecretMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let reads = IntCounterVec::new(
            Opts::new(
                "bartizan_forward_secret_reads_total",
                "Readings of providers' credentials and TLS files, by whether they could be used.",
            ),
            &["provider", "secret", "outcome"],
        )?;
        let stale = IntGaugeVec::new(
            Opts::new(
                "bartizan_forward_secret_stale",
                "1 while a secret cannot be read; the last good one, if there is one, stays in use.",
            ),
            &["provider", "secret"],
        )?;
        registry.register(Box::new(reads.clone()))?;
        registry.register(Box::new(stale.clone()))?;
        Ok(Self { reads, stale })
    }

    pub(super) fn of(&self, provider: &str, what: &'static str) -> SecretMeters {
        SecretMeters {
            provider: provider.to_owned(),
            what,
            ok: self.reads.with_label_values(&[provider, what, "ok"]),
            failed: self.reads.with_label_values(&[provider, what, "failed"]),
            stale: self.stale.with_label_values(&[provider, what]),
        }
    }

    /// Says nothing more about a secret that is not needed any more.
    pub(super) fn forget(&self, provider: &str, what: &str) {
        // An error means that nothing was said of it.
        let _ = self.stale.remove_label_values(&[provider, what]);
    }
}

impl SecretMeters {
    pub(super) fn provider(&self) -> &str {
        &self.provider
    }

    pub(super) const fn what(&self) -> &'static str {
        self.what
    }

    pub(super) fn read(&self) {
        self.ok.inc();
        self.stale.set(0);
    }

    pub(super) fn failed(&self) {
        self.failed.inc();
        self.stale.set(1);
    }
}
