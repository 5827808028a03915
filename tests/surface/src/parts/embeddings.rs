use super::{Part, Place, Role, Side, SpanKind, Surface, parts};

parts! { REQUEST: Embeddings Request;
    "text" User Message Body r#""input":"TEXT""#,
    "one of several texts" User Message Item r#""TEXT""#,
    "user" User Other Body r#""input":"hello","user":"TEXT""#,
    "field of no known name" User Other Body r#""input":"hello","novelty":["TEXT"]"#,
}
