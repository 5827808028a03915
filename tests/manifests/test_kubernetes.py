"""The manifests are valid, restricted, and say what the program understands."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from harness import http1
from harness.policies import ROOT, SAMPLES, copy_samples
from harness.polling import until
from harness.process import START_DEADLINE, Bartizan, Process, command, envoy, free_address

KUBERNETES = "1.33"
OVERLAYS = {"all-in-one": {"bartizan-edge"}, "split-roles": {"bartizan-edge", "bartizan-xds", "bartizan-forward"}}
# Of cert-manager and of kustomize: not in Kubernetes's own schemas.
FOREIGN = ("cert-manager.io/", "kustomize.config.k8s.io/")
RECOMMENDED = {"name", "instance", "version", "part-of", "managed-by"}
UNPRIVILEGED = 65532

Manifest = dict[str, Any]


def documents(text: str) -> list[Manifest]:
    return [entry for entry in yaml.safe_load_all(text) if entry]


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> tuple[str, list[Manifest]]:
    """The name of an overlay, and what kustomize makes of it."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed; each file is still validated by itself")
    folder = ROOT / "k8s/overlays" / request.param
    built = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return request.param, documents(built.stdout)


def of_kind(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    return {entry["metadata"]["name"]: entry for entry in manifests if entry["kind"] == kind}


def containers(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest, Manifest]]:
    """The name of the Deployment, its pod's spec, and each container."""
    for name, deployment in of_kind(manifests, "Deployment").items():
        pod = deployment["spec"]["template"]["spec"]
        for container in pod["containers"]:
            yield name, pod, container


# === Files ===


@pytest.mark.parametrize("path", sorted((ROOT / "k8s").rglob("*.yaml")), ids=lambda path: str(path.relative_to(ROOT)))
def test_each_file_is_valid_by_itself(path: Path):
    for entry in documents(path.read_text()):
        is_manifest = {"apiVersion", "kind", "metadata", "spec"} <= set(entry)
        is_patch = entry.get("kind") == "Deployment" and "selector" not in entry["spec"]
        if is_manifest and not is_patch and not entry["apiVersion"].startswith(FOREIGN):
            kubernetes_validate.validate(entry, KUBERNETES, strict=True)


def test_every_manifest_an_overlay_builds_is_valid(overlay):
    _, manifests = overlay
    assert manifests
    for entry in manifests:
        kubernetes_validate.validate(entry, KUBERNETES, strict=True)


# === Policies ===


def samples() -> list[Path]:
    return sorted([*SAMPLES.rglob("*.yaml"), *SAMPLES.rglob("*.yml")])


def kinds(path: Path) -> set[str]:
    return {entry["kind"] for entry in documents(path.read_text())}


def test_policies_are_mounted_all_but_the_tenants(overlay):
    _, manifests = overlay
    maps = of_kind(manifests, "ConfigMap")
    # Without a hash in its name: another name would replace the pods that should read the edit.
    name = "bartizan-policies"
    tenants = {path.name for path in samples() if kinds(path) == {"Tenant"}}
    assert tenants, "the sample tenants are in files of their own"
    assert set(maps[name]["data"]) == {path.name for path in samples()} - tenants
    for _, pod, container in containers(manifests):
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        if any(argument.startswith("--file=") for argument in container["args"]):
            sources = volumes["policies"]["projected"]["sources"]
            assert [source["configMap"]["name"] for source in sources] == [name, "bartizan-tenants"]


def test_what_is_mounted_is_a_policy_that_passes_the_check(overlay, tmp_path: Path):
    _, manifests = overlay
    for name, entry in of_kind(manifests, "ConfigMap").items():
        if name.startswith("bartizan-policies"):
            for file, text in entry["data"].items():
                (tmp_path / file).write_text(text)
    result = command("check", "--file", tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_public_key_gets_into_a_cluster(overlay):
    _, manifests = overlay
    assert "kind: Tenant" not in yaml.safe_dump_all(manifests)
    assert not of_kind(manifests, "Secret"), "secrets are made by hand or by cert-manager, never from files here"


# === Pods ===


def test_the_overlay_runs_what_its_name_says(overlay):
    name, manifests = overlay
    assert set(of_kind(manifests, "Deployment")) == OVERLAYS[name]


def test_every_pod_is_restricted(overlay):
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, and a read-only root."""
    _, manifests = overlay
    for name, pod, container in containers(manifests):
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["serviceAccountName"] in of_kind(manifests, "ServiceAccount"), name
        security = pod["securityContext"]
        assert security["runAsNonRoot"] is True, name
        assert (security["runAsUser"], security["runAsGroup"]) == (UNPRIVILEGED, UNPRIVILEGED), name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        own = container["securityContext"]
        assert own["allowPrivilegeEscalation"] is False, name
        assert own["readOnlyRootFilesystem"] is True, name
        assert own["capabilities"] == {"drop": ["ALL"]}, name
        assert not any("hostPath" in volume for volume in pod["volumes"]), name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod), name
    for account in of_kind(manifests, "ServiceAccount").values():
        assert account["automountServiceAccountToken"] is False
    labels = of_kind(manifests, "Namespace")["bartizan"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_every_container_has_probes_resources_and_a_pinned_image(overlay):
    _, manifests = overlay
    for name, _, container in containers(manifests):
        assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name
        assert "memory" in container["resources"]["limits"], name
        tag = container["image"].rpartition(":")[2]
        assert re.search(r"\d+\.\d+\.\d+$", tag), container["image"]
        ports = {port["name"] for port in container["ports"]}
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            handler = container[probe].get("httpGet") or container[probe]["tcpSocket"]
            assert handler["port"] in ports, (name, probe)


def test_a_pod_has_time_to_finish_what_it_began(overlay):
    _, manifests = overlay
    for name, pod, container in containers(manifests):
        drains = [int(text.partition("=")[2]) for text in container["args"] if text.startswith("--drain-seconds=")]
        needed = container["lifecycle"]["preStop"]["sleep"]["seconds"] + sum(drains)
        assert needed <= pod["terminationGracePeriodSeconds"], name


def test_every_mount_has_its_volume(overlay):
    _, manifests = overlay
    for name, pod, container in containers(manifests):
        volumes = {volume["name"] for volume in pod["volumes"]}
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes, name


def test_every_deployment_is_spread_and_keeps_pods_through_a_drain(overlay):
    _, manifests = overlay
    budgets, scalers = of_kind(manifests, "PodDisruptionBudget"), of_kind(manifests, "HorizontalPodAutoscaler")
    for name, deployment in of_kind(manifests, "Deployment").items():
        selector = deployment["spec"]["selector"]["matchLabels"]
        assert selector.items() <= deployment["spec"]["template"]["metadata"]["labels"].items(), name
        assert budgets[name]["spec"]["selector"]["matchLabels"] == selector, name
        spread = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert all(entry["labelSelector"]["matchLabels"] == selector for entry in spread), name
        if name in scalers:
            assert scalers[name]["spec"]["minReplicas"] >= 2, name
            assert "replicas" not in deployment["spec"], f"{name}: the autoscaler sets the number"
        else:
            assert deployment["spec"]["replicas"] >= 2, name


def test_everything_has_the_recommended_labels(overlay):
    _, manifests = overlay
    with_component = {"Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"}
    for entry in manifests:
        labels = {key.partition("/")[2] for key in entry["metadata"]["labels"] if key.startswith("app.kubernetes.io/")}
        expected = RECOMMENDED | {"component"} if entry["kind"] in with_component else RECOMMENDED
        assert labels >= expected, entry["metadata"]
        if entry["kind"] != "Namespace":
            assert entry["metadata"]["namespace"] == "bartizan", entry["metadata"]


# === Network ===


def test_all_traffic_is_denied_unless_it_is_listed(overlay):
    _, manifests = overlay
    policies = of_kind(manifests, "NetworkPolicy")
    assert policies["bartizan-default-deny"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for name, policy in policies.items():
        for rule in policy["spec"].get("ingress", []) + policy["spec"].get("egress", []):
            assert rule.get("ports"), f"{name} opens every port"
        for rule in policy["spec"].get("egress", []):
            assert rule.get("to"), f"{name} lets traffic out to anywhere"
            blocks = [peer["ipBlock"] for peer in rule["to"] if "ipBlock" in peer]
            assert all("except" in block for block in blocks), f"{name} reaches the metadata service"


def test_only_the_pods_that_call_providers_may_leave_the_cluster(overlay):
    name, manifests = overlay
    leaving = set()
    for policy in of_kind(manifests, "NetworkPolicy").values():
        if any("ipBlock" in peer for rule in policy["spec"].get("egress", []) for peer in rule["to"]):
            leaving.add(policy["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"])
    assert leaving == ({"forward"} if name == "split-roles" else {"edge"})


def test_services_lead_to_ports_that_are_open(overlay):
    _, manifests = overlay
    for name, service in of_kind(manifests, "Service").items():
        selector = service["spec"]["selector"]
        ports = {
            port["name"]
            for deployment in of_kind(manifests, "Deployment").values()
            if selector.items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
            for container in deployment["spec"]["template"]["spec"]["containers"]
            for port in container["ports"]
        }
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports, name


def test_between_edge_and_forward_both_sides_show_certificates(overlay):
    name, manifests = overlay
    if name == "all-in-one":
        return
    for deployment in ("bartizan-xds", "bartizan-forward"):
        arguments = next(container["args"] for owner, _, container in containers(manifests) if owner == deployment)
        for flag in ("--forward-ca=", "--forward-certificate=", "--forward-key=", "--forward-token-file="):
            assert any(argument.startswith(flag) for argument in arguments), (deployment, flag)
    secrets = {
        owner: {volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
        for owner, pod, _ in containers(manifests)
    }
    assert secrets == {
        "bartizan-edge": {"bartizan-edge-tls"},
        "bartizan-xds": {"bartizan-forward-token"},
        "bartizan-forward": {"bartizan-forward-token", "bartizan-forward-tls"},
    }


def test_provider_keys_are_where_providers_are_called_and_nowhere_else(overlay):
    name, manifests = overlay
    holders = {container["name"] for _, _, container in containers(manifests) if container.get("envFrom")}
    assert holders == ({"forward"} if name == "split-roles" else {"control-plane"})


# === What the programs understand ===


def test_every_flag_is_one_the_program_knows(overlay):
    _, manifests = overlay
    known = set(re.findall(r"--[a-z][a-z-]+", command("serve", "--help").stdout))
    for name, _, container in containers(manifests):
        if container["image"].startswith("bartizan"):
            assert container["args"][0] == "serve", name
            flags = {argument.partition("=")[0] for argument in container["args"][1:]}
            assert flags <= known, f"{name}: {flags - known}"


def bootstrap(name: str) -> Manifest:
    return yaml.safe_load((ROOT / f"k8s/overlays/{name}/bootstrap.yaml").read_text())


@pytest.mark.parametrize(("name", "xds"), [("all-in-one", "127.0.0.1:18000"), ("split-roles", "bartizan-xds:18000")])
def test_the_bootstrap_is_the_program_s_and_a_port_for_operators(name: str, xds: str):
    checked_in = bootstrap(name)
    (listener,) = checked_in["static_resources"].pop("listeners")
    clusters = checked_in["static_resources"]["clusters"]
    checked_in["static_resources"]["clusters"] = [entry for entry in clusters if entry["name"] != "envoy-admin"]
    assert checked_in == yaml.safe_load(command("bootstrap", "--xds", xds).stdout)
    assert listener["name"] == "operations"
    routes = listener["filter_chains"][0]["filters"][0]["typed_config"]["route_config"]["virtual_hosts"][0]["routes"]
    assert [route["match"] for route in routes] == [{"path": "/ready"}, {"path": "/stats/prometheus"}]


@pytest.mark.parametrize("name", OVERLAYS)
def test_envoy_accepts_the_bootstrap(name: str):
    path = ROOT / f"k8s/overlays/{name}/bootstrap.yaml"
    arguments = [envoy(), "--mode", "validate", "--config-path", path]
    result = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr


def test_an_envoy_started_as_the_manifests_say_joins_under_its_pod_s_name(tmp_path: Path):
    directory = tmp_path / "policies"
    copy_samples(directory)
    roles = ("--roles", "xds,forward,admin", "--forward", "127.0.0.1:0", "--listen", free_address())
    control_plane = Bartizan(tmp_path, directory, *roles, verb="serve")
    operations = free_address()
    text = (ROOT / "k8s/overlays/all-in-one/bootstrap.yaml").read_text()
    for written, used in (("18000", control_plane.addresses["xds"]), ("9901", free_address()), ("9902", operations)):
        text = text.replace(written, used.rpartition(":")[2])
    (tmp_path / "bootstrap.yaml").write_text(text)
    (container,) = documents((ROOT / "k8s/base/edge-deployment.yaml").read_text())[0]["spec"]["template"]["spec"][
        "containers"
    ]
    places = {"/etc/envoy/bootstrap.yaml": str(tmp_path / "bootstrap.yaml"), "$(POD_NAME)": "edge-pod-7"}
    arguments = [places.get(argument, argument) for argument in container["args"]]
    proxy = Process("envoy", [envoy(), *arguments], tmp_path / "envoy.log")
    try:
        until(lambda: joined(control_plane) == ["edge-pod-7"], "the Envoy runs the policy", START_DEADLINE)
        until(lambda: http1.request(operations, "GET", "/ready").status == 200, "the probe succeeds")
        assert b"envoy_server_live" in http1.request(operations, "GET", "/stats/prometheus").body
        for page in ("/", "/quitquitquit", "/config_dump", "/ready/../config_dump", "/stats"):
            assert http1.request(operations, "GET", page).status == 404, page
    finally:
        proxy.stop()
        control_plane.stop()


def joined(control_plane: Bartizan) -> list[str]:
    """The Envoys that have acknowledged the policy."""
    nodes = control_plane.admin("/v1/nodes").json()["nodes"]
    return [node["id"] for node in nodes if node["policyDigest"]]


def field(path: str, name: str) -> str:
    """The first string of that name in a TOML file."""
    match = re.search(rf'^{name} = "([^"]+)"', (ROOT / path).read_text(), re.MULTILINE)
    assert match, f"{path} has no {name}"
    return match[1]


def test_versions_agree():
    version = field("Cargo.toml", "version")
    component = (ROOT / "k8s/components/recommended-labels/kustomization.yaml").read_text()
    assert f"app.kubernetes.io/version: {version}" in component
    assert f"newTag: {version}" in component


def test_the_image_is_built_from_what_there_is():
    recipe = (ROOT / "k8s/Containerfile").read_text()
    crates = [path for top in ("filters", "control-plane") for path in (ROOT / top).rglob("Cargo.toml")]
    names = {field(str(path.relative_to(ROOT)), "name") for path in crates}
    assert set(re.findall(r"--package (\S+)", recipe)) <= names
    assert f"rust:{field('rust-toolchain.toml', 'channel').rpartition('.')[0]}" in recipe
    assert f"USER {UNPRIVILEGED}" in recipe
