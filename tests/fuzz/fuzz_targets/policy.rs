//! Policy files that anybody may have edited.
#![no_main]

use bartizan_policy::{AuthConfig, RateLimitConfig, Source, ThreatScanConfig, compile};
use libfuzzer_sys::fuzz_target;

const THREATS: &str = "apiVersion: bartizan.dev/v1alpha1\nkind: ThreatPolicy\nmetadata: {name: default}\n\
                       spec: {mode: enforce, rulePacks: []}\n";

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes).into_owned();
    // A lone carriage return ends a line too (YAML 1.2.2, section 5.4).
    let lines = text.matches(['\n', '\r']).count() + 1;
    let edited = Source {
        file: "edited.yaml".to_owned(),
        text,
    };
    let fixed = Source {
        file: "fixed.yaml".to_owned(),
        text: THREATS.to_owned(),
    };
    match compile(&[edited.clone(), fixed.clone()]) {
        Ok(policy) => {
            assert_eq!(AuthConfig::decode(&policy.auth.encode()).as_ref(), Ok(&policy.auth));
            assert_eq!(
                RateLimitConfig::decode(&policy.rate_limit.encode()).as_ref(),
                Ok(&policy.rate_limit)
            );
            assert_eq!(
                ThreatScanConfig::decode(&policy.threat_scan.encode()).as_ref(),
                Ok(&policy.threat_scan)
            );
            let again = compile(&[fixed, edited]).expect("the order of files does not matter");
            assert_eq!(again.digest, policy.digest);
        }
        Err(errors) => {
            assert!(!errors.is_empty() && errors.is_sorted());
            for error in errors {
                // What is missing at the end is missed one line after it.
                assert!(error.file == "fixed.yaml" || error.line <= lines + 1, "{error}");
                assert!(!error.message.is_empty());
            }
        }
    }
});
