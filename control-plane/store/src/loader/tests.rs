use std::{fs, path::Path};

use prometheus::Registry;
use tempfile::TempDir;

use super::*;
use crate::Directory;

const DEADLINE: Duration = Duration::from_secs(10);
const BASE: &str = "\
apiVersion: bartizan.dev/v1alpha1
kind: ThreatPolicy
metadata: {name: default}
spec: {mode: off, rulePacks: []}
";

fn tenant(name: &str) -> String {
    format!(
        "apiVersion: bartizan.dev/v1alpha1\nkind: Tenant\nmetadata: {{name: {name}}}\n\
         spec:\n  keys: [{{id: dev, sha256: {}}}]\n",
        "ab".repeat(32)
    )
}

fn policies() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("base.yaml"), BASE).unwrap();
    fs::write(root.path().join("tenant.yaml"), tenant("acme")).unwrap();
    root
}

/// As careful editors do: a new file over the old one.
fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, path).unwrap();
}

struct Fixture {
    root: TempDir,
    registry: Registry,
    feed: PolicyFeed,
    reports: PolicyReports,
    _loader: task::JoinSet<()>,
}

impl Fixture {
    async fn start() -> Self {
        let (root, registry) = (policies(), Registry::new());
        let source = Arc::new(Directory::new(root.path()));
        let loaded = Loader::load(source, Metrics::register(&registry).unwrap())
            .await
            .unwrap();
        let mut loader = task::JoinSet::new();
        loader.spawn(loaded.loader.run());
        Self {
            root,
            registry,
            feed: loaded.feed,
            reports: loaded.reports,
            _loader: loader,
        }
    }

    fn tenant_file(&self) -> std::path::PathBuf {
        self.root.path().join("tenant.yaml")
    }

    async fn report_with(&mut self, problems: usize) -> PolicyReport {
        let expected = |report: &PolicyReport| report.problems.len() == problems;
        let report = time::timeout(DEADLINE, self.reports.wait_for(expected)).await;
        report.unwrap().unwrap().clone()
    }

    fn loads(&self, outcome: &str) -> f64 {
        let families = self.registry.gather();
        let loads = families
            .iter()
            .find(|family| family.name() == "bartizan_policy_loads_total")
            .unwrap();
        let metric = loads
            .get_metric()
            .iter()
            .find(|metric| metric.get_label()[0].value() == outcome);
        metric.unwrap().get_counter().get_value()
    }
}

#[tokio::test]
async fn a_good_edit_is_published() {
    let mut fixture = Fixture::start().await;
    let before = fixture.feed.borrow_and_update().digest.clone();
    replace(&fixture.tenant_file(), &tenant("globex"));
    time::timeout(DEADLINE, fixture.feed.changed()).await.unwrap().unwrap();
    let policy = fixture.feed.borrow().clone();
    assert_ne!(policy.digest, before);
    assert!(policy.rate_limit.tenant("globex").is_some());
    let digest = policy.digest.clone();
    let reported = time::timeout(DEADLINE, fixture.reports.wait_for(|report| report.digest == digest)).await;
    assert!(reported.unwrap().unwrap().problems.is_empty());
    assert_eq!(fixture.loads("accepted"), 2.0);
}

#[tokio::test]
async fn a_bad_edit_is_reported_and_the_last_good_stays() {
    let mut fixture = Fixture::start().await;
    let good = fixture.feed.borrow_and_update().clone();
    fs::write(
        fixture.tenant_file(),
        tenant("acme").replace("keys", "kyes").replace("name: acme", "name: A"),
    )
    .unwrap();
    let report = fixture.report_with(2).await;
    assert_eq!(report.digest, good.digest);
    assert!(
        report.problems.iter().all(|problem| problem.contains("tenant.yaml:")),
        "{report:?}"
    );
    assert!(!fixture.feed.has_changed().unwrap());
    assert_eq!(fixture.loads("refused"), 1.0);

    fs::write(fixture.tenant_file(), tenant("acme")).unwrap();
    fixture.report_with(0).await;
    assert!(
        !fixture.feed.has_changed().unwrap(),
        "the same policy was published again"
    );
}

#[tokio::test]
async fn a_policy_that_vanishes_is_reported_and_the_last_good_stays() {
    let mut fixture = Fixture::start().await;
    let root = fixture.root.path().to_owned();
    fs::remove_dir_all(&root).unwrap();
    let report = fixture.report_with(1).await;
    assert!(report.problems[0].starts_with("cannot read "), "{report:?}");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("base.yaml"), BASE).unwrap();
    fs::write(root.join("tenant.yaml"), tenant("initech")).unwrap();
    time::timeout(DEADLINE, fixture.feed.changed()).await.unwrap().unwrap();
    assert!(fixture.feed.borrow().rate_limit.tenant("initech").is_some());

    // The watch went with the directory; polling noticed and set up a new one, which sees the next edit.
    replace(&root.join("tenant.yaml"), &tenant("umbrella"));
    time::timeout(
        DEADLINE,
        fixture
            .feed
            .wait_for(|policy| policy.rate_limit.tenant("umbrella").is_some()),
    )
    .await
    .unwrap()
    .unwrap();
}

#[tokio::test]
async fn a_swap_of_a_mounted_config_map_is_seen() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    for (version, tenants) in [("..1", tenant("acme")), ("..2", tenant("globex"))] {
        fs::create_dir(at(version)).unwrap();
        fs::write(at(version).join("all.yaml"), format!("{BASE}---\n{tenants}")).unwrap();
    }
    std::os::unix::fs::symlink("..1", at("..data")).unwrap();
    std::os::unix::fs::symlink("..data/all.yaml", at("all.yaml")).unwrap();
    let source = Arc::new(Directory::new(root.path()));
    let Loaded { loader, mut feed, .. } = Loader::load(source, Metrics::register(&Registry::new()).unwrap())
        .await
        .unwrap();
    let mut running = task::JoinSet::new();
    running.spawn(loader.run());

    std::os::unix::fs::symlink("..2", at("..data_tmp")).unwrap();
    fs::rename(at("..data_tmp"), at("..data")).unwrap();
    let found = feed.wait_for(|policy| policy.rate_limit.tenant("globex").is_some());
    // Sooner than the poll.
    time::timeout(POLL / 2, found).await.unwrap().unwrap();
}

#[tokio::test]
async fn there_is_no_start_without_a_good_policy() {
    let root = policies();
    fs::write(
        root.path().join("tenant.yaml"),
        tenant("acme").replace("Tenant", "Tenent"),
    )
    .unwrap();
    let metrics = Metrics::register(&Registry::new()).unwrap();
    let error = Loader::load(Arc::new(Directory::new(root.path())), metrics)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "1 mistake in the policy");
}
