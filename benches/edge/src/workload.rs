use bytes::Bytes;
use serde_json::json;

/// What one request of a round is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Workload {
    /// A chat whose body is about this many bytes.
    Chat(usize),
    /// One message of about this many bytes, with lists and figures in it. None of it is known from a turn before.
    Message(usize),
    /// A 4 KB chat answered by a stream of 50 events.
    Stream,
}

const PROSE: &str = "The harbour was quiet in the morning, and the boats that had gone out before dawn were only \
    small marks on the horizon. She asked how long the repairs would take and whether the new timetable, which \
    nobody had seen yet, would be printed before the season began. ";

/// Ordinary text as it comes, with a list, names and figures.
const FIGURES: &str = "Our club wants to paint the boathouse before the 14th of June, and I have to say what it will cost. \
    Last time we used 3 tins of 2.5 litres for the doors and about 18 litres for the walls. Can you check my list?\n\n\
    1. Wash the walls (two people, half a day).\n2. Mend the gutter: 6 m at 11.90 a metre, see the note from Harbour Lane 7.\n\
    3. Prime the bare wood; let it dry for 12 hours.\n\n\
    Is it true that you need less paint when it's warm? We'd rather not buy more than 20% too much. Tell me what you would \
    change, and write the order as a short table, please.\n";

/// Bytes of a turn of a chat, at most.
const TURN: usize = 1500;

/// What stands for the number of a request, in letters: figures would be looked at more closely than prose is.
pub(crate) const UNNUMBERED: &str = "aaaaaaaa ";

impl Workload {
    pub(crate) const ALL: [Self; 5] = [
        Self::Chat(512),
        Self::Chat(4096),
        Self::Message(4096),
        Self::Chat(65536),
        Self::Stream,
    ];

    pub(crate) fn name(self) -> String {
        match self {
            Self::Chat(size) if size < 1024 => format!("chat, {size} B"),
            Self::Chat(size) => format!("chat, {} KB", size / 1024),
            Self::Message(size) => format!("one message with figures, {} KB", size / 1024),
            Self::Stream => "stream of 50 events, 4 KB".to_owned(),
        }
    }

    /// The body: a system prompt, then turns until the size is reached. The last begins with [`UNNUMBERED`].
    pub(crate) fn body(self) -> Bytes {
        let (size, stream, turn_length, prose) = match self {
            Self::Chat(size) => (size, false, TURN, PROSE),
            Self::Message(size) => (size, false, size, FIGURES),
            Self::Stream => (4096, true, TURN, PROSE),
        };
        let mut messages = vec![json!({"role": "system", "content": "You are a helpful assistant of a ferry line."})];
        let render = |messages: &[serde_json::Value]| {
            json!({"model": "sandbox-chat", "max_tokens": 50, "stream": stream, "messages": messages}).to_string()
        };
        let mut turn = 0;
        loop {
            let missing = size.saturating_sub(render(&messages).len() + 40);
            let mut text: String = prose.chars().cycle().take(missing.min(turn_length)).collect();
            if missing <= turn_length {
                text.insert_str(0, UNNUMBERED);
            }
            messages.push(json!({"role": if turn % 2 == 0 { "user" } else { "assistant" }, "content": text}));
            turn += 1;
            if missing <= turn_length {
                return Bytes::from(render(&messages));
            }
        }
    }
}
