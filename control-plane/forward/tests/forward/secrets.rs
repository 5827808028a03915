//! What must not be written anywhere.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing::{Dispatch, subscriber::NoSubscriber};
use tracing_subscriber::fmt::MakeWriter;

use super::{
    support::{CREDENTIAL, Forwarder, TOKEN, chats},
    upstream::{Upstream, model_of},
};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(flavor = "current_thread")]
async fn logs_and_metrics_have_neither_secrets_nor_bodies() {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(captured.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    // WHY: while a process has one subscriber, tracing remembers for all threads what the thread that first came by a
    // place in the code said, and those of other tests have none. With two it asks the subscribers themselves.
    let _another = Dispatch::new(NoSubscriber::default());
    tracing::callsite::rebuild_interest_cache();

    let words = "planted words of the client";
    let body = format!(r#"{{"error":{{"message":"planted words of the provider {CREDENTIAL}"}}}}"#);
    let mut metrics = String::new();
    for status in ["200 OK", "400 Bad", "401 No", "500 Oops"] {
        let upstream = Upstream::answering(status, "content-type: application/json\r\n", &body).await;
        let forwarder = Forwarder::start(&upstream.documents()).await;
        for (path, _) in chats("", "") {
            let request = format!(
                r#"{{"model":"{}","messages":[{{"role":"user","content":"{words}"}}]}}"#,
                model_of(path)
            );
            forwarder.envoy.post(path, request).await;
            forwarder.envoy.post(path, format!(r#"{{"model":"{words}"}}"#)).await;
            forwarder.envoy.post(path, format!("{{\"{words}\"")).await;
        }
        metrics.push_str(&format!("{:?}", forwarder.registry.gather()));
    }

    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    for expected in [
        "request failed",
        "reason=provider_failed",
        "request=\"req-test-1\"",
        "tenant=\"acme\"",
    ] {
        assert!(log.contains(expected), "{expected} is not in the log");
    }
    for (name, text) in [("log", &log), ("metrics", &metrics)] {
        for secret in [CREDENTIAL, TOKEN, "planted words"] {
            let place = text.find(secret).map(|place| &text[place.saturating_sub(300)..place]);
            assert_eq!(place, None, "{secret} is in the {name}");
        }
    }
}
