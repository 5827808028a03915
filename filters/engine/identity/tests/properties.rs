//! What must hold for any headers and any bytes.

use bartizan_identity::{Key, KeyHash, KeyState, KeyTable, credential_from};
use bartizan_verdict::Reason;
use proptest::prelude::*;

fn header_name() -> impl Strategy<Value = String> {
    prop_oneof![
        "authorization",
        "x-api-key",
        "api-key",
        "Api-Key",
        "accept",
        "[a-z-]{0,8}"
    ]
}

fn header_value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..20),
        "(Bearer |bearer|Basic )?[ -~]{0,12}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn a_credential_is_found_only_where_exactly_one_header_may_carry_it(
        headers in proptest::collection::vec((header_name(), header_value()), 0..5)
    ) {
        let carriers = headers
            .iter()
            .filter(|(name, _)| ["authorization", "x-api-key", "api-key"].contains(&name.to_lowercase().as_str()))
            .count();
        let found = credential_from(headers.iter().map(|(name, value)| (name, value.as_slice())));
        match carriers {
            0 => prop_assert_eq!(found, Err(Reason::MissingCredential)),
            1 => prop_assert_ne!(found, Err(Reason::MissingCredential)),
            _ => prop_assert_eq!(found, Err(Reason::AmbiguousCredential)),
        }
    }

    #[test]
    fn a_table_finds_each_of_its_keys_and_no_other(secrets in proptest::collection::btree_set("[a-z]{1,6}", 0..40)) {
        let keys: Vec<_> = secrets
            .iter()
            .map(|secret| Key {
                hash: KeyHash::of(secret.as_bytes()),
                tenant: secret,
                id: "id",
                expires_at: None,
                state: KeyState::Enabled,
            })
            .collect();
        let table = KeyTable::build(&keys).unwrap();
        let table = KeyTable::from_bytes(table.as_bytes().to_vec()).unwrap();
        prop_assert_eq!(table.len(), secrets.len());
        for secret in &secrets {
            prop_assert_eq!(table.lookup(&KeyHash::of(secret.as_bytes()), || 0).unwrap().tenant, secret);
        }
        prop_assert!(table.lookup(&KeyHash::of(b"Other"), || 0).is_err());
    }

    #[test]
    fn any_bytes_are_a_table_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), count in 0_u8..4) {
        if let Some(first) = bytes.first_chunk_mut::<4>() {
            *first = [count, 0, 0, 0];
        }
        if let Ok(table) = KeyTable::from_bytes(bytes) {
            let _ = table.lookup(&KeyHash::of(b"any"), || 1);
        }
    }
}
