//! Files that an attacker is after, by name and folder.

use crate::detect::lexicon::Lexicon;

/// A file: the folder it is in, if its name is not telling enough, and how telling the two are.
#[derive(Clone, Copy, Debug)]
struct Place {
    folder: &'static str,
    weight: u8,
}

const fn alone(weight: u8) -> Place {
    Place { folder: "", weight }
}

const fn within(folder: &'static str, weight: u8) -> Place {
    Place { folder, weight }
}

/// Sorted by the lower five bits of their first byte, as [`Lexicon`] wants them.
static PLACES: Lexicon<Place> = Lexicon::new(&[
    ("access.log", alone(30)),
    ("access_log", alone(30)),
    ("auth.log", within("log", 30)),
    ("authorized_keys", within(".ssh", 35)),
    ("boot.ini", alone(55)),
    ("class", within("sys", 40)),
    ("cmdline", within("self", 60)),
    ("config", within(".git", 40)),
    ("credentials", within(".aws", 50)),
    ("environ", within("self", 60)),
    ("error.log", within("apache2", 30)),
    ("fd", within("self", 55)),
    ("group", within("etc", 40)),
    ("gshadow", within("etc", 55)),
    ("head", within(".git", 40)),
    ("hosts", within("etc", 30)),
    ("httpd.conf", alone(35)),
    ("id_dsa", alone(50)),
    ("id_ed25519", alone(50)),
    ("id_rsa", alone(50)),
    ("issue", within("etc", 40)),
    ("master.passwd", alone(60)),
    ("my.cnf", alone(30)),
    (".aws", alone(30)),
    (".bash_history", alone(50)),
    (".docker", alone(25)),
    (".env", alone(25)),
    (".git", alone(20)),
    (".history", alone(45)),
    (".htpasswd", alone(50)),
    (".kube", alone(25)),
    (".mysql_history", alone(50)),
    (".netrc", alone(40)),
    (".ssh", alone(25)),
    ("passwd", within("etc", 45)),
    ("php.ini", alone(30)),
    ("resolv.conf", within("etc", 30)),
    ("sam", within("config", 60)),
    ("self", within("proc", 45)),
    ("serviceaccount", alone(45)),
    ("shadow", within("etc", 55)),
    ("subuid", within("etc", 45)),
    ("sudoers", within("etc", 40)),
    ("system.ini", alone(50)),
    ("version", within("proc", 45)),
    ("web.config", alone(35)),
    ("web.xml", within("WEB-INF", 55)),
    ("win.ini", alone(60)),
    ("wp-config.php", alone(40)),
]);

/// How telling a name in a folder is, in hundredths, if it is one of these.
pub(super) fn place(name: &[u8], folder: &[u8]) -> Option<u8> {
    // `/proc/7/environ`, `id_rsa.pub`, `/etc/subuid-`.
    let name = name.strip_suffix(b"-").unwrap_or(name);
    let found = PLACES.get(name)?;
    let process = found.folder == "self" && folder.iter().all(u8::is_ascii_digit) && !folder.is_empty();
    let fits = found.folder.is_empty() || process || folder.eq_ignore_ascii_case(found.folder.as_bytes());
    fits.then_some(found.weight)
}
