//! `bartizan key new`

use std::process::ExitCode;

use anyhow::Result;
use bartizan_identity::KeyHash;
use bartizan_platform::secret::Secret;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    cli::{KeyArgs, KeyCommand, NewKeyArgs},
    terminal,
};

const KEY_BYTES: usize = 32;

pub(crate) fn run(args: &KeyArgs) -> Result<ExitCode> {
    match &args.command {
        KeyCommand::New(args) => new(args),
    }
}

fn new(args: &NewKeyArgs) -> Result<ExitCode> {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes)?;
    let key = key(&bytes);
    terminal::explain(&format!(
        "{}\nThis key is shown only now; keep it safe. The policy below holds its SHA-256.\n",
        key.expose()
    ));
    terminal::print(&tenant(&args.tenant, &args.id, &key))?;
    Ok(ExitCode::SUCCESS)
}

fn key(bytes: &[u8; KEY_BYTES]) -> Secret<String> {
    Secret::new(format!("bz-{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// A policy document; for a tenant that exists, its item under `keys` is what matters.
fn tenant(tenant: &str, id: &str, key: &Secret<String>) -> String {
    let hash = KeyHash::of(key.expose().as_bytes());
    format!(
        "---\n\
         apiVersion: bartizan.dev/v1alpha1\n\
         kind: Tenant\n\
         metadata:\n  name: {tenant}\n\
         spec:\n  keys:\n  - id: {id}\n    sha256: {hash}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_prefixed_and_its_policy_holds_only_the_hash() {
        let key = key(&[0xff; KEY_BYTES]);
        assert_eq!(key.expose(), "bz-__________________________________________8");
        let document = tenant("acme", "laptop", &key);
        assert!(!document.contains(key.expose()));
        assert_eq!(
            document,
            "---\napiVersion: bartizan.dev/v1alpha1\nkind: Tenant\nmetadata:\n  name: acme\nspec:\n  keys:\n  \
             - id: laptop\n    sha256: \
             edbd7228e8cef3cfd21eaf341e141903ad44bd7065a87256b9bad49872671058\n"
        );
    }
}
