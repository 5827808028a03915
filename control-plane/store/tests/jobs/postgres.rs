//! A PostgreSQL server of the test's own, on a socket in a directory of its own.

use std::{
    fs,
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use bartizan_store::JobStoreAddress;
use tempfile::TempDir;

/// As which the server runs where the tests run as root, which it refuses.
const USER: &str = "postgres";

pub(crate) struct Server {
    directory: TempDir,
    programs: PathBuf,
    user: Option<&'static str>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let directory = tempfile::Builder::new().prefix("bz-pg-").tempdir_in("/tmp").unwrap();
        let is_root = directory.path().metadata().unwrap().uid() == 0;
        if is_root {
            let [user, group] = ["-u", "-g"].map(|which| {
                let printed = Command::new("id").args([which, USER]).output().unwrap().stdout;
                String::from_utf8(printed).unwrap().trim().parse().ok()
            });
            chown(directory.path(), user, group).unwrap();
        }
        let mut server = Self {
            directory,
            programs: programs(),
            user: is_root.then_some(USER),
        };
        let data = server.data();
        server.run(
            "initdb",
            &["--no-sync", "--auth=trust", "--username=bartizan", "-D", &data],
        );
        server.restart();
        server
    }

    pub(crate) fn restart(&mut self) {
        let socket = self.directory.path().display().to_string();
        let options = format!("-c listen_addresses='' -c unix_socket_directories={socket} -c fsync=off");
        let (data, log) = (self.data(), format!("{socket}/log"));
        self.run("pg_ctl", &["start", "--wait", "-D", &data, "-l", &log, "-o", &options]);
    }

    pub(crate) fn stop(&mut self) {
        let data = self.data();
        self.run("pg_ctl", &["stop", "--wait", "--mode=immediate", "-D", &data]);
    }

    pub(crate) fn address(&self) -> JobStoreAddress {
        let socket = self.directory.path().display().to_string().replace('/', "%2F");
        JobStoreAddress::Postgres(format!("postgres://bartizan@{socket}/postgres"))
    }

    fn data(&self) -> String {
        self.directory.path().join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.programs.join(program);
        let mut command = match self.user {
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", user, "--regid", user, "--clear-groups", "--"]);
                command.arg(program);
                command
            }
            None => Command::new(program),
        };
        command.args(arguments).current_dir("/").stdin(Stdio::null());
        // The server keeps what it inherits, so a pipe would never end.
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        let log = fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
        assert!(status.success(), "{arguments:?}: {status}\n{log}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid_file = Path::new(&self.data()).join("postmaster.pid");
        if pid_file.exists() {
            self.stop();
        }
    }
}

/// The newest of those that Debian installs, else those on `PATH`.
fn programs() -> PathBuf {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<_> = debian.map(|version| version.path().join("bin")).collect();
    versions.sort();
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    versions
        .into_iter()
        .rev()
        .chain(std::env::split_paths(&on_path))
        .find(|directory| directory.join("initdb").exists())
        .unwrap_or_else(|| panic!("PostgreSQL is missing: run `make packages`"))
}
