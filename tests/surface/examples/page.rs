//! Prints `docs/surfaces.md`.

use std::io::Write;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(bartizan_surface_tests::page().as_bytes())
}
