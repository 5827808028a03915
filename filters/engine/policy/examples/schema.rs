//! Prints the JSON Schema of policy documents; `make schema` writes it to `policies/schema.json`.

use std::io::{self, Write};

fn main() -> io::Result<()> {
    io::stdout().write_all(bartizan_policy::json_schema().as_bytes())
}
