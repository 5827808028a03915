//! Every built-in detector over any text, whoever says it, and the model of attacks on tools.
#![no_main]

use std::sync::LazyLock;

use bartizan_scan::detect::Detector;
use bartizan_scan::payload::Model;
use bartizan_verdict::Role;
use libfuzzer_sys::fuzz_target;

static ATTACKS: LazyLock<Model> = LazyLock::new(|| {
    let model = include_bytes!("../../../filters/engine/scan/models/attacks.bin");
    Model::load(model).expect("the model of this version")
});

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
    for role in Role::ALL {
        for verdict in ATTACKS.judge(text, *role) {
            assert!(text.get(verdict.range).is_some());
        }
    }
});
