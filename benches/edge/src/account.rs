use std::time::Duration;

use anyhow::{Context, Result};

/// CPU time of all threads of a process so far, from `/proc/PID/task/*/schedstat` (nanoseconds on a core).
///
/// `schedstat` counts what the scheduler gave, so it resolves microseconds where `stat` resolves clock ticks.
pub(crate) fn cpu_time(process: u32) -> Result<Duration> {
    let mut total = 0_u64;
    for task in std::fs::read_dir(format!("/proc/{process}/task")).context("the process is gone")? {
        // A thread may end between being listed and being read; it then no longer counts, as its time is over.
        let Ok(text) = std::fs::read_to_string(task?.path().join("schedstat")) else {
            continue;
        };
        let on_core = text.split_whitespace().next().context("schedstat is empty")?;
        total += on_core.parse::<u64>().context("schedstat is not a number")?;
    }
    Ok(Duration::from_nanos(total))
}

/// Bytes of memory that a process has in use now, from `/proc/PID/status`.
pub(crate) fn resident(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).context("the process is gone")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line
        .and_then(|line| line.split_whitespace().next())
        .context("no VmRSS")?;
    Ok(kilobytes.parse::<u64>().context("VmRSS is not a number")? << 10)
}
