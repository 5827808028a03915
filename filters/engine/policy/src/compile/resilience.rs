use super::length;
use super::read::Document;
use crate::document::ProviderSpec;
use crate::report::Report;
use crate::{CircuitBreaker, Concurrency, PassiveHealth, Resilience, Retry};

pub(super) fn of(document: &Document<'_, ProviderSpec>, report: &mut Report) -> Resilience {
    let spec = &document.spec;
    let default = Resilience::default();
    let mut length = |field, written, default| length::checked(&document.origin, field, written, default, report);
    let back_off = &spec.retry.back_off;
    let retry = Retry {
        num_retries: spec.retry.num_retries.unwrap_or(default.retry.num_retries),
        base_interval: length(
            "spec.retry.backOff.baseInterval",
            back_off.base_interval.as_ref(),
            default.retry.base_interval,
        ),
        max_interval: length(
            "spec.retry.backOff.maxInterval",
            back_off.max_interval.as_ref(),
            default.retry.max_interval,
        ),
        budget_percent: spec.retry.budget_percent.unwrap_or(default.retry.budget_percent),
    };
    let breaker = &spec.circuit_breaker;
    let circuit_breaker = CircuitBreaker {
        failures: breaker.failures.unwrap_or(default.circuit_breaker.failures),
        window: length(
            "spec.circuitBreaker.window",
            breaker.window.as_ref(),
            default.circuit_breaker.window,
        ),
        open_time: length(
            "spec.circuitBreaker.openTime",
            breaker.open_time.as_ref(),
            default.circuit_breaker.open_time,
        ),
        trial_requests: breaker.trial_requests.unwrap_or(default.circuit_breaker.trial_requests),
    };
    let passive = &spec.health_check.passive;
    let health = PassiveHealth {
        failure_percentage: passive
            .failure_percentage_threshold
            .unwrap_or(default.health.failure_percentage),
        request_volume: passive.request_volume.unwrap_or(default.health.request_volume),
        interval: length(
            "spec.healthCheck.passive.interval",
            passive.interval.as_ref(),
            default.health.interval,
        ),
        ejection_time: length(
            "spec.healthCheck.passive.baseEjectionTime",
            passive.base_ejection_time.as_ref(),
            default.health.ejection_time,
        ),
    };
    let limits = &spec.concurrency;
    let concurrency = Concurrency {
        max_parallel: limits.max_parallel_requests,
        max_pending: limits.max_pending_requests.unwrap_or(default.concurrency.max_pending),
        pending_timeout: length(
            "spec.concurrency.pendingTimeout",
            limits.pending_timeout.as_ref(),
            default.concurrency.pending_timeout,
        ),
    };
    Resilience {
        retry,
        circuit_breaker,
        health,
        concurrency,
    }
}
