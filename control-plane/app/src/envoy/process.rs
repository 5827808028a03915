use std::{
    fs,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use bartizan_platform::tasks::Tasks;
use tokio::{
    process::{Child, Command},
    time,
};

use super::{EnvoyAdmin, log};

/// How long Envoy may take to go away once it was told to, before it is killed.
const EXIT_WAIT: Duration = Duration::from_secs(2);
/// How long Envoy's admin may take to appear when a stop comes in the middle of a start.
const ADMIN_WAIT: Duration = Duration::from_millis(500);

/// How to start an Envoy.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    pub(crate) program: PathBuf,
    /// Whole bootstrap, JSON.
    pub(crate) bootstrap: String,
    pub(crate) workers: u16,
    /// A private directory for its bootstrap, log and admin address.
    pub(crate) directory: PathBuf,
    /// How long requests may take to finish when it stops.
    pub(crate) drain: Duration,
}

/// A running Envoy. Dropping it kills it; [`Envoy::stop`] is gentle.
#[derive(Debug)]
pub(crate) struct Envoy {
    child: Child,
    admin_address_file: PathBuf,
    follower: Tasks<()>,
}

// === impl Launch ===

impl Launch {
    pub(crate) fn log_file(&self) -> PathBuf {
        self.directory.join("envoy.log")
    }

    /// Starts the process; whether it comes to serve is another question.
    pub(crate) fn start(&self) -> Result<Envoy> {
        let bootstrap = self.directory.join("bootstrap.json");
        fs::write(&bootstrap, &self.bootstrap).with_context(|| format!("cannot write {}", bootstrap.display()))?;
        let admin_address_file = self.directory.join("envoy-admin.address");
        // One of an Envoy that crashed would be taken for the new one's.
        let _ = fs::remove_file(&admin_address_file);
        let log_file = self.log_file();
        let output = fs::File::create(&log_file).with_context(|| format!("cannot write {}", log_file.display()))?;
        let child = Command::new(&self.program)
            .arg("--config-path")
            .arg(&bootstrap)
            .arg("--admin-address-path")
            .arg(&admin_address_file)
            .args(["--concurrency", &self.workers.to_string()])
            .args(["--drain-time-s", &self.drain.as_secs().max(1).to_string()])
            .args(["--log-level", "info", "--log-format", log::FORMAT])
            .args(["--use-dynamic-base-id", "--disable-hot-restart"])
            .stdin(Stdio::null())
            .stdout(output.try_clone().context("cannot share Envoy's log")?)
            .stderr(output)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let mut follower = Tasks::new();
        follower.spawn("envoy-log", log::Follower::new(log_file).follow());
        Ok(Envoy {
            child,
            admin_address_file,
            follower,
        })
    }
}

// === impl Envoy ===

impl Envoy {
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// The file that will hold the address of Envoy's admin.
    pub(crate) fn admin_file(&self) -> PathBuf {
        self.admin_address_file.clone()
    }

    /// Waits for the process to end by itself.
    pub(crate) async fn exited(&mut self) -> Result<ExitStatus> {
        self.child.wait().await.context("cannot wait for Envoy")
    }

    /// Lets requests under way finish for at most `drain`, then ends the process.
    pub(crate) async fn stop(mut self, drain: Duration) -> Result<()> {
        // One without an admin has not come to serve: there is nothing to wait for.
        let admin = time::timeout(ADMIN_WAIT, EnvoyAdmin::at(self.admin_file())).await;
        if let Ok(admin) = admin {
            tokio::select! {
                () = admin.drain(drain) => {}
                status = self.child.wait() => return gone(&status.context("cannot wait for Envoy")?),
            }
            // What it has to say about its end is of no interest.
            drop(self.follower);
            // An answer is not owed: it may be gone before it answers.
            let _ = admin.quit().await;
            if let Ok(status) = time::timeout(EXIT_WAIT, self.child.wait()).await {
                return gone(&status.context("cannot wait for Envoy")?);
            }
            tracing::warn!("Envoy does not end; killing it");
        }
        self.child.kill().await.context("cannot kill Envoy")
    }
}

fn gone(status: &ExitStatus) -> Result<()> {
    if status.success() {
        Ok(())
    } else {
        Err(anyhow!("Envoy ended with {status} while stopping"))
    }
}
