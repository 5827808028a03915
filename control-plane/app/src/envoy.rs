//! The Envoy that `bartizan up` runs beside itself: finding it, starting it, keeping it alive, stopping it gently.
//!
//! Envoy runs in a process group of its own and writes its log to a file, so that neither Ctrl-C in the terminal nor
//! the death of this process reaches it: it goes on enforcing the last policy it was given.

mod admin;
mod locate;
mod log;
mod process;
mod restarts;

pub(crate) use admin::EnvoyAdmin;
pub(crate) use locate::{Search, locate};
pub(crate) use log::last_lines;
pub(crate) use process::{Envoy, Launch};
pub(crate) use restarts::{Next, Restarts};
