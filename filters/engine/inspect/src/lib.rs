//! Judges messages by policy: finds the texts of a body, scans them, decides, and writes the body with its masks.
//!
//! This is what the threat-scan filter runs, and `bartizan scan` with it, so that both always say the same.
//!
//! ```
//! use bartizan_inspect::{Inspector, Side, Surface};
//! use bartizan_policy::{Caller, ThreatScanConfig};
//! use bartizan_scan::{Matcher, RuleSource, compile};
//! use bartizan_verdict::{Action, Category, Mode};
//!
//! let badge = Matcher::Regex(r"\bBADGE-[0-9]{4}\b".into());
//! let pack = compile(&[RuleSource::new("badge", Category::Pii, Action::Mask, badge)]).unwrap();
//! let inspector = Inspector::new(ThreatScanConfig::new(Mode::Enforce, pack.into_bytes()))?;
//! let body = br#"{"messages": [{"role": "user", "content": "I am BADGE-1234."}]}"#;
//! let judgement = inspector.judge(Side::Request, Surface::Chat, body, &Caller::default())?;
//! assert_eq!(judgement.action, Action::Mask);
//! assert_eq!(judgement.masked.unwrap(), br#"{"messages": [{"role": "user", "content": "I am [BADGE]."}]}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(missing_docs)]

mod address;
mod answer;
mod explanation;
mod inspector;
mod memory;
mod restorer;
mod seam;
mod streamed;
mod vault;

pub use bartizan_prompt::{StreamFormat, Surface, Unreadable, Unscannable};
pub use explanation::{Explanation, Found};
pub use inspector::{Fault, Inspector, Judgement, Side};
pub use streamed::{Ended, StreamedAnswer};
pub use vault::Vault;
