//! Every built-in detector over any text, whoever says it.
#![no_main]

use bartizan_scan::detect::Detector;
use bartizan_verdict::Role;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for detector in Detector::ALL {
        for role in Role::ALL {
            let mut found = Vec::new();
            detector.detect(text, *role, &mut |range, score| found.push((range, score)));
            for (range, score) in &found {
                assert!(range.start <= range.end && range.end <= text.len(), "{detector}: {range:?}");
                assert!(score.hundredths() <= 100, "{detector}: {score}");
            }
            let mut again = Vec::new();
            detector.detect(text, *role, &mut |range, score| again.push((range, score)));
            assert_eq!(found, again, "{detector}");
        }
    }
});
