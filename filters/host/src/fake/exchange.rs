use crate::{
    Filter, Headers, Reply,
    exchange::{Action, Driver, End},
    fake::{
        World,
        wire::{Legal, Wire},
    },
};

/// One request and its answer, with this filter alone between client and upstream.
#[derive(Debug)]
pub struct Exchange<S> {
    driver: Driver<S>,
    wire: Wire,
}

/// A request as the upstream gets it, or an answer as the client does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Headers, `:status` or `:path` among them.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
    /// Trailers.
    pub trailers: Headers,
}

/// How a message with a body ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With the last piece of the body, as in HTTP/2.
    LastPiece,
    /// With an empty piece after the body, as in HTTP/1.1.
    EmptyPiece,
    /// With trailers; no piece ever says that it is the last.
    Trailers(Headers),
    /// Not at all: somebody left.
    Never,
}

// === impl Exchange ===

impl<S: crate::Stream> Exchange<S> {
    /// A new request to a filter.
    pub fn new<F: Filter<Stream = S>>(world: &World, filter: &F) -> Self {
        Self {
            driver: Driver::new(filter.stream()),
            wire: Wire::new(world),
        }
    }

    /// Makes one kind of hostcall fail, named as in its [`HostError`].
    pub fn break_call(&mut self, call: &'static str) {
        *self.wire.broken.borrow_mut() = Some(call);
    }

    /// Sends a request in these pieces, ending with the last of them. No piece means no body.
    ///
    /// # Panics
    /// If the filter leaves the request hanging.
    pub fn request(&mut self, headers: &[(&str, &str)], pieces: &[&[u8]]) -> &mut Self {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        self.request_ending(Headers(headers.collect()), pieces, &Ending::LastPiece)
    }

    /// Sends a request.
    ///
    /// # Panics
    /// If the filter leaves the request hanging.
    pub fn request_ending(&mut self, headers: Headers, pieces: &[&[u8]], ending: &Ending) -> &mut Self {
        let mut flow = self.request_start(headers, if pieces.is_empty() { End::Yes } else { End::No });
        let last = pieces.len().saturating_sub(1);
        for (index, piece) in pieces.iter().enumerate() {
            if self.wire.reply.borrow().is_some() {
                break;
            }
            self.wire.request.borrow_mut().body.extend_from_slice(piece);
            let end = if index == last && *ending == Ending::LastPiece {
                End::Yes
            } else {
                End::No
            };
            flow = self.request_step(|driver, wire| driver.request_body(wire, end));
        }
        if !pieces.is_empty() && self.wire.reply.borrow().is_none() {
            match ending {
                Ending::LastPiece | Ending::Never => {}
                Ending::EmptyPiece => flow = self.request_step(|driver, wire| driver.request_body(wire, End::Yes)),
                Ending::Trailers(trailers) => {
                    self.wire.request.borrow_mut().trailers = trailers.clone();
                    flow = self.request_step(|driver, wire| driver.request_trailers(wire));
                }
            }
        }
        let replied = self.wire.reply.borrow().is_some();
        assert!(replied || flow == Action::Continue, "the request hangs");
        if replied {
            self.reply_comes_back();
        }
        self
    }

    /// Sends only the headers of a request whose body is still to come, and whatever was read of it.
    pub fn request_unfinished(&mut self, headers: &[(&str, &str)], piece: &[u8]) -> &mut Self {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        self.request_start(Headers(headers.collect()), End::No);
        self.wire.request.borrow_mut().body.extend_from_slice(piece);
        if self.wire.reply.borrow().is_none() {
            self.request_step(|driver, wire| driver.request_body(wire, End::No));
        }
        self
    }

    /// What the upstream got: nothing if the filter replied.
    #[must_use]
    pub fn forwarded(&self) -> Option<Message> {
        let replied = self.wire.reply.borrow().is_some();
        (!replied).then(|| self.wire.request.borrow().clone())
    }

    /// What the filter replied.
    #[must_use]
    pub fn reply(&self) -> Option<Reply> {
        self.wire.reply.borrow().clone()
    }

    /// How many hostcalls were made so far.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.wire.calls.get()
    }

    /// Whether the filter broke the answer off, so that the upstream was hung up on.
    #[must_use]
    pub fn hung_up(&self) -> bool {
        self.wire.hung_up.get()
    }

    /// A tenth of a second goes by.
    pub fn tick(&mut self) {
        if self.driver.is_ended() {
            self.wire.hung_up.set(true);
        }
    }

    /// Sends an answer in these pieces, and gives what the client gets of it.
    ///
    /// # Panics
    /// If the filter leaves the answer hanging, or changes a body whose `content-length` is still there.
    pub fn response(&mut self, headers: &[(&str, &str)], pieces: &[&[u8]], ending: &Ending) -> Message {
        self.response_start(headers, pieces, ending);
        let message = self.wire.response.borrow().clone();
        if let Some(reply) = self.reply() {
            return Message::from(&reply);
        }
        let length = message.headers.get("content-length").map(<[u8]>::to_vec);
        let honest = length.is_none_or(|length| length == message.body.len().to_string().into_bytes());
        assert!(honest, "content-length does not fit the body");
        message
    }

    /// Ends the exchange, whatever it is at, as Envoy does.
    pub fn finish(&mut self) {
        self.wire.legal.set(Legal::default());
        self.wire.over.set(true);
        self.driver.done(&self.wire);
    }

    fn request_start(&mut self, headers: Headers, end: End) -> Action {
        self.wire.request.borrow_mut().headers = headers;
        self.wire.legal.set(Legal {
            request_headers: true,
            ..Legal::default()
        });
        self.request_step(|driver, wire| driver.request_headers(wire, end))
    }

    fn request_step(&mut self, call: impl FnOnce(&mut Driver<S>, &Wire) -> Action) -> Action {
        let flow = call(&mut self.driver, &self.wire);
        if flow == Action::Continue {
            self.wire.legal.set(Legal::default());
        }
        flow
    }

    /// Envoy runs a filter's own reply through the filter's response callbacks.
    fn reply_comes_back(&mut self) {
        self.wire.legal.set(Legal {
            response_headers: true,
            ..Legal::default()
        });
        self.driver.response_headers(&self.wire, End::No);
        self.driver.response_body(&self.wire, End::Yes);
        self.wire.legal.set(Legal::default());
    }

    fn response_start(&mut self, headers: &[(&str, &str)], pieces: &[&[u8]], ending: &Ending) {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        *self.wire.response.borrow_mut() = Message {
            headers: Headers(headers.collect()),
            ..Message::default()
        };
        self.wire.legal.set(Legal {
            response_headers: true,
            ..Legal::default()
        });
        let end = if pieces.is_empty() && !matches!(ending, Ending::Trailers(_)) {
            End::Yes
        } else {
            End::No
        };
        let mut flow = self.driver.response_headers(&self.wire, end);
        let mut sent = Vec::new();
        let last = pieces.len().saturating_sub(1);
        for (index, piece) in pieces.iter().enumerate() {
            self.release(flow, &mut sent);
            self.wire.response.borrow_mut().body.extend_from_slice(piece);
            let end = if index == last && *ending == Ending::LastPiece {
                End::Yes
            } else {
                End::No
            };
            flow = self.response_piece(flow, end);
        }
        self.release(flow, &mut sent);
        match ending {
            _ if self.wire.hung_up.get() => {}
            Ending::EmptyPiece if !pieces.is_empty() => flow = self.response_piece(flow, End::Yes),
            Ending::Trailers(trailers) => {
                self.wire.response.borrow_mut().trailers = trailers.clone();
                let legal = self.wire.legal.get();
                self.wire.legal.set(Legal {
                    response_trailers: true,
                    ..legal
                });
                flow = self.driver.response_trailers(&self.wire);
            }
            Ending::LastPiece | Ending::EmptyPiece | Ending::Never => {}
        }
        let is_over = self.reply().is_some() || self.wire.hung_up.get() || self.driver.is_ended();
        assert!(is_over || flow == Action::Continue, "the answer hangs");
        self.release(flow, &mut sent);
        self.wire.response.borrow_mut().body = sent;
        self.wire.legal.set(Legal::default());
    }

    /// A piece that is held, or at hand, as the one before was; nothing once the answer was broken off.
    fn response_piece(&mut self, before: Action, end: End) -> Action {
        if self.wire.hung_up.get() {
            self.wire.response.borrow_mut().body.clear();
            return Action::Continue;
        }
        let legal = self.wire.legal.get();
        self.wire.legal.set(Legal {
            response_piece: before == Action::Continue,
            ..legal
        });
        self.driver.response_body(&self.wire, end)
    }

    /// Once it may go on, what is buffered leaves for the client, and the headers with it.
    fn release(&self, flow: Action, sent: &mut Vec<u8>) {
        if flow == Action::Continue {
            sent.append(&mut self.wire.response.borrow_mut().body);
            self.wire.legal.set(Legal::default());
        }
    }
}

// === impl Message ===

impl From<&Reply> for Message {
    fn from(reply: &Reply) -> Self {
        let status = (":status".to_owned(), reply.status.to_string().into_bytes());
        let headers = reply
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone().into_bytes()));
        Self {
            headers: Headers(core::iter::once(status).chain(headers).collect()),
            body: reply.body.clone(),
            trailers: Headers::default(),
        }
    }
}
