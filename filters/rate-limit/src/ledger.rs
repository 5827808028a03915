//! Tenants' states in shared data, each changed by one compare-and-swap.

use bartizan_host::{Host, HostError, Level, Swap};
use bartizan_limit::{StateError, TenantState};
use thiserror::Error;

/// How often a swap is tried. Two workers that hammer one tenant lose about one swap in ten thousand, so this many in
/// a row means that something else is wrong.
const ATTEMPTS: u32 = 64;

/// Why a tenant's state could not be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum LedgerError {
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    State(#[from] StateError),
    #[error("the tenant has no state")]
    Missing,
    #[error("other workers were faster {ATTEMPTS} times in a row")]
    Contended,
}

/// Creates a tenant's state if there is none, or none of this version's.
pub(crate) fn prepare(host: &dyn Host, tenant: &str) -> Result<(), HostError> {
    match host.shared(tenant)? {
        Some(stored) if TenantState::decode(&stored.value).is_ok() => return Ok(()),
        Some(_) => host.log(
            Level::Warn,
            "bartizan: a tenant's counts were written by another version and start anew",
        ),
        None => {}
    }
    host.create_shared(tenant, &TenantState::default().encode())
}

/// Changes a tenant's state, and gives what it is then. `change` may run several times.
pub(crate) fn update(
    host: &dyn Host,
    tenant: &str,
    change: &mut dyn FnMut(TenantState) -> TenantState,
) -> Result<TenantState, LedgerError> {
    for _ in 0..ATTEMPTS {
        let stored = host.shared(tenant)?.ok_or(LedgerError::Missing)?;
        let after = change(TenantState::decode(&stored.value)?);
        let bytes = after.encode();
        if stored.value == bytes || host.swap_shared(tenant, &bytes, stored.version)? == Swap::Stored {
            return Ok(after);
        }
    }
    Err(LedgerError::Contended)
}
