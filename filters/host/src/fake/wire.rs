use std::cell::{Cell, RefCell};

use crate::{
    Headers, Host, HostError, Level, MetricId, MetricKind, Reply, Swap, Versioned,
    fake::{Message, World},
    traffic::{Body, Map, Traffic},
};

#[derive(Debug)]
pub(super) struct Wire {
    pub(super) world: World,
    pub(super) request: RefCell<Message>,
    pub(super) response: RefCell<Message>,
    pub(super) legal: Cell<Legal>,
    pub(super) broken: RefCell<Option<&'static str>>,
    pub(super) arrived_ns: u64,
    pub(super) reply: RefCell<Option<Reply>>,
    pub(super) hung_up: Cell<bool>,
    pub(super) over: Cell<bool>,
    pub(super) calls: Cell<u32>,
}

/// Which calls Envoy would answer now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Legal {
    pub(super) request_headers: bool,
    pub(super) response_headers: bool,
    pub(super) response_trailers: bool,
    /// A piece of an answer is at hand, be it empty.
    pub(super) response_piece: bool,
}

// === impl Wire ===

impl Wire {
    pub(super) fn new(world: &World) -> Self {
        Self {
            world: world.clone(),
            request: RefCell::default(),
            response: RefCell::default(),
            legal: Cell::default(),
            broken: RefCell::default(),
            arrived_ns: world.moment(),
            reply: RefCell::default(),
            hung_up: Cell::default(),
            over: Cell::default(),
            calls: Cell::new(0),
        }
    }

    fn call(&self, name: &'static str) -> Result<(), HostError> {
        self.calls.set(self.calls.get() + 1);
        if *self.broken.borrow() == Some(name) {
            return Err(HostError(name));
        }
        Ok(())
    }

    fn with_map<T>(&self, map: Map, read: impl FnOnce(&mut Headers) -> T) -> T {
        let legal = self.legal.get();
        let (allowed, message) = match map {
            Map::RequestHeaders => (legal.request_headers, &self.request),
            Map::ResponseHeaders => (legal.response_headers, &self.response),
            Map::ResponseTrailers => (legal.response_trailers, &self.response),
        };
        assert!(allowed, "Envoy refuses {map:?} in this phase, and the SDK panics");
        let mut message = message.borrow_mut();
        read(match map {
            Map::RequestHeaders | Map::ResponseHeaders => &mut message.headers,
            Map::ResponseTrailers => &mut message.trailers,
        })
    }

    fn message(&self, body: Body) -> &RefCell<Message> {
        match body {
            Body::Request => &self.request,
            Body::Response => &self.response,
        }
    }
}

impl Traffic for Wire {
    fn headers(&self, map: Map) -> Result<Headers, HostError> {
        self.call("read headers")?;
        Ok(self.with_map(map, |headers| headers.clone()))
    }

    fn header(&self, map: Map, name: &str) -> Result<Option<Vec<u8>>, HostError> {
        self.call("read a header")?;
        Ok(self.with_map(map, |headers| {
            let values: Vec<_> = headers
                .iter()
                .filter(|(header, _)| *header == name)
                .map(|(_, value)| value)
                .collect();
            (!values.is_empty()).then(|| values.join(&b","[..]))
        }))
    }

    fn set_header(&self, map: Map, name: &str, value: &[u8]) -> Result<(), HostError> {
        self.call("set a header")?;
        self.with_map(map, |headers| {
            headers.0.retain(|(header, _)| header != name);
            headers.0.push((name.to_owned(), value.to_vec()));
        });
        Ok(())
    }

    fn remove_header(&self, map: Map, name: &str) -> Result<(), HostError> {
        self.call("remove a header")?;
        self.with_map(map, |headers| headers.0.retain(|(header, _)| header != name));
        Ok(())
    }

    fn body(&self, body: Body) -> Result<Vec<u8>, HostError> {
        self.call("read a body")?;
        Ok(self.message(body).borrow().body.clone())
    }

    fn replace_body(&self, body: Body, bytes: &[u8]) -> Result<(), HostError> {
        self.call("replace a body")?;
        let at_piece = body == Body::Response && self.legal.get().response_piece;
        let mut message = self.message(body).borrow_mut();
        assert!(
            at_piece || !message.body.is_empty(),
            "Envoy has no buffer to replace, and the SDK panics"
        );
        assert!(
            message.headers.get("content-length").is_none(),
            "the body changes under its content-length"
        );
        message.body = bytes.to_vec();
        Ok(())
    }

    fn arrived_ns(&self) -> Option<u64> {
        Some(self.arrived_ns)
    }

    fn request_id(&self) -> Option<Vec<u8>> {
        self.request.borrow().headers.get("x-request-id").map(<[u8]>::to_vec)
    }

    fn send_reply(&self, reply: &Reply) {
        let before = self.reply.borrow_mut().replace(reply.clone());
        assert!(before.is_none(), "Envoy refuses a second reply, and the SDK panics");
    }
}

impl Host for Wire {
    fn now_ns(&self) -> u64 {
        self.calls.set(self.calls.get() + 1);
        self.world.now_ns()
    }

    fn shared(&self, key: &str) -> Result<Option<Versioned>, HostError> {
        self.call("read shared data")?;
        self.world.shared(key)
    }

    fn swap_shared(&self, key: &str, value: &[u8], version: u32) -> Result<Swap, HostError> {
        self.call("store shared data")?;
        self.world.swap_shared(key, value, version)
    }

    fn create_shared(&self, key: &str, value: &[u8]) -> Result<(), HostError> {
        self.call("create shared data")?;
        self.world.create_shared(key, value)
    }

    fn define_metric(&self, kind: MetricKind, name: &str) -> Result<MetricId, HostError> {
        self.world.define_metric(kind, name)
    }

    fn increment(&self, metric: MetricId, by: u64) {
        self.calls.set(self.calls.get() + 1);
        self.world.increment(metric, by);
    }

    fn record(&self, metric: MetricId, value: u64) {
        self.calls.set(self.calls.get() + 1);
        self.world.record(metric, value);
    }

    fn note(&self, name: &str, value: &str) {
        assert!(!self.over.get(), "the access log is written by now");
        self.world.note(name, value);
    }

    fn log(&self, level: Level, message: &str) {
        self.world.log(level, message);
    }
}
