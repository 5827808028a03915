use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    time::{Duration, Instant},
};

use opentelemetry::Context;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanExporter as _, SpanProcessor},
};
use prometheus::IntCounter;
use tokio::{runtime::Handle, sync::oneshot};

use crate::telemetry::config::Settings;

/// Spans in one request to the collector.
const BATCH: usize = 512;

/// Spans that wait to be exported. When there are too many, further ones are dropped and counted.
///
/// WHY: the SDK's own processor drops without telling anybody how many.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    sender: SyncSender<Message>,
    dropped: IntCounter,
}

#[derive(Debug)]
enum Message {
    Span(Box<SpanData>),
    /// Export what came before, and tell.
    Flush(oneshot::Sender<()>),
}

impl Queue {
    /// Must be called within a tokio runtime. The thread ends with the last of the queue's clones.
    pub(super) fn start(exporter: SpanExporter, settings: &Settings, dropped: IntCounter) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel(settings.span_queue);
        let exporting = Exporting {
            exporter,
            runtime: Handle::current(),
            delay: settings.span_delay,
            dropped: dropped.clone(),
        };
        std::thread::Builder::new()
            .name("spans".to_owned())
            .spawn(move || exporting.run(&receiver))?;
        Ok(Self { sender, dropped })
    }

    /// Waits until all spans are exported, for at most so long; whether that was enough.
    pub(super) async fn flush(&self, longest: Duration) -> bool {
        let (tell, told) = oneshot::channel();
        // With a full queue this fails, and then the time would not be enough either.
        self.sender.try_send(Message::Flush(tell)).is_ok()
            && matches!(tokio::time::timeout(longest, told).await, Ok(Ok(())))
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() && self.sender.try_send(Message::Span(Box::new(span))).is_err() {
            self.dropped.inc();
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The other end of the queue, on a thread of its own: the exporter sleeps between its tries.
struct Exporting {
    exporter: SpanExporter,
    runtime: Handle,
    delay: Duration,
    dropped: IntCounter,
}

impl Exporting {
    fn run(self, receiver: &Receiver<Message>) {
        let mut batch = Vec::new();
        let mut due = Instant::now() + self.delay;
        loop {
            let mut told = None;
            let is_over = match receiver.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(Message::Span(span)) => {
                    batch.push(*span);
                    if batch.len() < BATCH {
                        continue;
                    }
                    false
                }
                Ok(Message::Flush(tell)) => {
                    told = Some(tell);
                    false
                }
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => true,
            };
            self.export(std::mem::take(&mut batch));
            if let Some(tell) = told {
                // Whoever asked may not wait any more.
                let _ = tell.send(());
            }
            if is_over {
                return;
            }
            due = Instant::now() + self.delay;
        }
    }

    fn export(&self, batch: Vec<SpanData>) {
        let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        if count > 0 && self.runtime.block_on(self.exporter.export(batch)).is_err() {
            self.dropped.inc_by(count);
        }
    }
}
