"""What is deployed, held against what whoever takes it has published: manifests against Kubernetes' own schemas, KEDA's
definition and its scaler's list of keys, the Prometheus operator's types; compose.yaml against Compose's specification;
the Dockerfile against hadolint. And against the binary: options, ports, paths and names are its own.

With --rendered the overlays are built by kustomize first (lane `manifests`); else the files are taken as they are.
Schemas of others are in Go modules, of which nothing is built but kustomize."""

import copy
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
import kubernetes_validate
import yaml
from cloudcoil.models.prometheus_operator import v1 as prometheus_operator
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
KUBERNETES = DOCKER / "kubernetes"
BINARY = os.environ.get("GENTALLY_BINARY", str(ROOT / "build/release/gentally"))
KEDA = "github.com/kedacore/keda/v2@v2.21.0"
COMPOSE = "github.com/compose-spec/compose-go/v2@v2.16.2"
KUSTOMIZE = "sigs.k8s.io/kustomize/kustomize/v5@v5.7.1"
TARGETS = ("base", "overlays/scaled", "overlays/static")


def equal(got, want, what):
    assert got == want, f"{what}: got {got!r}, want {want!r}"


def module(name):
    """The folder of a Go module: its files are downloaded, and nothing is built."""
    done = subprocess.run(
        ["go", "mod", "download", "-json", name], cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{name}: {done.stdout} {done.stderr}"
    return Path(json.loads(done.stdout)["Dir"])


def kustomize():
    """The program, built once."""
    folder = Path(os.environ.get("GENTALLY_BUILD", ROOT / "build")) / "kustomize"
    program = folder / KUSTOMIZE.rpartition("@")[2] / "kustomize"
    if not program.exists():
        environment = {**os.environ, "GOBIN": str(program.parent), "GOFLAGS": "-p=1"}
        subprocess.run(["go", "install", KUSTOMIZE], cwd="/", env=environment, check=True)
    return str(program)


def is_rendered():
    return "--rendered" in sys.argv


def documents(target):
    """[(where, document)] of an overlay as kustomize builds it, or of the files that it is made of."""
    if is_rendered():
        done = subprocess.run([kustomize(), "build", KUBERNETES / target], capture_output=True, text=True, check=False)
        assert done.returncode == 0 and not done.stderr, f"kustomize build {target}: {done.stderr}"
        return [(target, document) for document in yaml.safe_load_all(done.stdout)]
    folders = [KUBERNETES / target]
    if target != "base":
        folders += (KUBERNETES / "components").iterdir()
    paths = [path for folder in folders for path in folder.glob("*.yaml") if path.name != "kustomization.yaml"]
    return [
        (path.relative_to(KUBERNETES), document) for path in paths for document in yaml.safe_load_all(path.read_text())
    ]


def of_kind(kind, target):
    found = [document for _, document in documents(target) if document["kind"] == kind]
    assert found, f"{target} has no {kind}"
    return found


def strict(schema):
    """The same schema, that allows no property beside those it names, as the API server tells of others."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: strict(part) for name, part in schema.items()}
    is_open = "additionalProperties" in schema or "x-kubernetes-preserve-unknown-fields" in schema
    if isinstance(schema.get("properties"), dict) and not is_open:
        closed["additionalProperties"] = False
    return closed


def keda_schema(kind):
    path = module(KEDA) / f"config/crd/bases/keda.sh_{kind.lower()}s.yaml"
    schema = yaml.safe_load(path.read_text())["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["metadata"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return strict(schema)


def refuses(schema, document, *place):
    """A schema that takes a misspelt name checks nothing."""
    wrong = copy.deepcopy(document)
    inside = wrong
    for step in place:
        inside = inside[step]
    inside["misspelt"] = 1
    return bool(list(jsonschema.Draft7Validator(schema).iter_errors(wrong)))


def test_kubernetes_takes_them():
    foreign = ("ScaledObject", "TriggerAuthentication", "PodMonitor")
    count = 0
    for target in TARGETS:
        for where, document in documents(target):
            if document["kind"] not in foreign:
                kubernetes_validate.validate(document, "1.37", strict=True)
                count += 1
                wrong = copy.deepcopy(document)
                wrong["misspelt"] = 1
                try:
                    kubernetes_validate.validate(wrong, "1.37", strict=True)
                except kubernetes_validate.ValidationError:
                    continue
                raise AssertionError(f"a misspelt name in {where} is taken")
    assert count > 5, count


def test_keda_takes_them():
    for kind in ("ScaledObject", "TriggerAuthentication"):
        schema = keda_schema(kind)
        for document in of_kind(kind, "overlays/scaled"):
            jsonschema.validate(document, schema, cls=jsonschema.Draft7Validator)
            assert refuses(schema, document, "spec"), f"a misspelt name in {kind} is taken"


def test_keys_of_the_trigger_are_the_scalers():
    scalers = json.loads((module(KEDA) / "schema/generated/scalers-schema.json").read_text())["scalers"]
    parameters = {key["name"]: key for scaler in scalers if scaler["type"] == "kafka" for key in scaler["parameters"]}
    (scaled,) = of_kind("ScaledObject", "overlays/scaled")
    (trigger,) = scaled["spec"]["triggers"]
    for name, value in trigger["metadata"].items():
        assert parameters[name].get("metadataVariableReadable"), name
        allowed = parameters[name].get("allowedValue")
        assert not allowed or value in allowed, (name, value, allowed)
    lack = {name for name, key in parameters.items() if not key.get("optional") and "default" not in key}
    equal(lack - set(trigger["metadata"]), set(), "keys that the scaler wants")
    for name, value in {
        "limitToPartitionsWithLag": "true",
        "excludePersistentLag": "true",
        "fullMetadata": "false",
        "consumerGroup": settings("base")["group"],
        "topic": settings("base")["topic"],
    }.items():
        equal(trigger["metadata"][name], value, name)
    equal(scaled["spec"]["minReplicaCount"], 1, "the fewest workers")
    (setup,) = of_kind("Job", "base")
    arguments = setup["spec"]["template"]["spec"]["containers"][0]["args"]
    partitions = int(arguments[arguments.index("--partitions") + 1])
    equal(scaled["spec"]["maxReplicaCount"], partitions, "the most workers, and partitions")
    if is_rendered():
        (authentication,) = of_kind("TriggerAuthentication", "overlays/scaled")
        for target in authentication["spec"]["secretTargetRef"]:
            key = parameters[target["parameter"]]
            assert key.get("triggerAuthenticationVariableReadable"), target
        equal(trigger["authenticationRef"]["name"], authentication["metadata"]["name"], "how KEDA logs in")
        (worker,) = of_kind("Deployment", "overlays/scaled")
        assert "replicas" not in worker["spec"], "KEDA and the manifest both say how many"


def test_the_operator_takes_the_monitor():
    def dropped(ours, theirs):
        if isinstance(ours, dict):
            return [name for name in ours if name not in theirs or dropped(ours[name], theirs[name])]
        if isinstance(ours, list):
            return [at for at, pair in enumerate(zip(ours, theirs)) if dropped(*pair)]
        return ours != theirs

    def kept(document):
        read = prometheus_operator.PodMonitor.model_validate(document)
        return json.loads(read.model_dump_json(by_alias=True, exclude_unset=True))

    for target in TARGETS[1:]:
        (monitor,) = of_kind("PodMonitor", target)
        equal(dropped({"spec": monitor["spec"]}, kept(monitor)), [], "what the operator does not know")
        equal(monitor["spec"]["podMetricsEndpoints"][0]["port"], "metrics", "the port's name")
        wrong = copy.deepcopy(monitor)
        wrong["spec"]["misspelt"] = 1
        equal(dropped({"spec": wrong["spec"]}, kept(wrong)), ["spec"], "what is misspelt")


def settings(target):
    """The configuration that pods of a target are given, as it reads."""
    if is_rendered():
        text = next(document for document in of_kind("ConfigMap", target))["data"]["gentally.conf"]
    else:
        text = (KUBERNETES / ("base" if target == "base" else "components/secrets") / "gentally.conf").read_text()
    return dict(re.findall(r"^([\w.]+) = (.*)$", text, re.MULTILINE))


def test_the_binary_takes_their_configuration():
    """With each secret where the pod has it; and every option and file is one that there is."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GENTALLY_")}
    for target in TARGETS:
        told = settings(target)
        assert len(told) > 5, told
        with tempfile.TemporaryDirectory() as folder:
            lines = []
            for name, value in told.items():
                if value.startswith("/run/secrets/gentally/"):
                    path = Path(folder) / Path(value).name
                    path.write_text("a secret of no worth\n")
                    value = str(path)
                if name == "kafka.ssl.ca.location":
                    value = "/etc/ssl/certs"
                if name == "redis_url":
                    value = value.replace("rediss:", "redis:")  # Debian 12's hiredis has no TLS; the image's has
                lines.append(f"{name} = {value}\n")
            path = Path(folder) / "gentally.conf"
            path.write_text("".join(lines))
            command = [BINARY, "worker", "--check-config", "--config", str(path)]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            equal(done.returncode, 0, f"--check-config of {target}: {done.stderr}")
    kinds = ("Deployment", "StatefulSet", "Job")
    workloads = [document for target in TARGETS for _, document in documents(target) if document["kind"] in kinds]
    for workload in workloads:
        variables = {
            variable["name"]: variable.get("value", "pod-0")
            for variable in workload["spec"]["template"]["spec"]["containers"][0].get("env", [])
        }
        command = [BINARY, "worker", "--check-config"]
        done = subprocess.run(command, env=environment | variables, capture_output=True, text=True, check=False)
        equal(done.returncode, 0, f"--check-config with {variables}: {done.stderr}")


def test_pods_are_what_the_image_and_the_worker_want():
    dockerfile = (DOCKER / "Dockerfile").read_text()
    port = int(re.search(r"^EXPOSE (\d+)$", dockerfile, re.MULTILINE).group(1))
    user = int(re.search(r"^USER (\d+):", dockerfile, re.MULTILINE).group(1))
    exporter = (ROOT / "include/gentally/metrics/exporter.h").read_text()
    for target in TARGETS if is_rendered() else TARGETS[:1]:
        kind = "StatefulSet" if target == "overlays/static" else "Deployment"
        (worker,) = of_kind(kind, target)
        (setup,) = of_kind("Job", target)
        pod = worker["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        equal(container["ports"], [{"name": "metrics", "containerPort": port}], "ports")
        for probe, path in (("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
            equal(container[probe]["httpGet"], {"path": path, "port": "metrics"}, probe)
            assert f"GET {path} " in exporter, path
        assert pod["terminationGracePeriodSeconds"] > 10, "a worker leaves within ten seconds"
        for spec in (pod, setup["spec"]["template"]["spec"]):
            equal(spec["securityContext"]["runAsUser"], user, "user")
            equal(spec["securityContext"]["runAsNonRoot"], True, "no root")
            equal(spec["automountServiceAccountToken"], False, "no token")
            security = spec["containers"][0]["securityContext"]
            equal(security["readOnlyRootFilesystem"], True, "read-only root")
            equal(security["capabilities"], {"drop": ["ALL"]}, "capabilities")
            equal(security["allowPrivilegeEscalation"], False, "escalation")
        (policy,) = of_kind("NetworkPolicy", target)
        (entry,) = policy["spec"]["ingress"]
        selected = policy["spec"]["podSelector"].get("matchLabels")
        equal(selected, {"app.kubernetes.io/name": "gentally"}, "pods of the policy, not all of the namespace")
        equal(entry["ports"], [{"port": port, "protocol": "TCP"}], "what may be reached")
        if is_rendered():
            labels = worker["spec"]["template"]["metadata"]["labels"]
            equal(worker["spec"]["selector"]["matchLabels"], labels, "labels of the pods")
            (budget,) = of_kind("PodDisruptionBudget", target)
            equal(budget["spec"]["selector"]["matchLabels"], labels, "labels of the disruption budget")
            (configuration,) = of_kind("ConfigMap", target)
            volume = {volume["name"]: volume for volume in pod["volumes"]}["configuration"]
            equal(volume["configMap"]["name"], configuration["metadata"]["name"], "the configuration's name")


def test_compose_is_as_specified():
    compose = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    schema = json.loads((module(COMPOSE) / "schema/compose-spec.json").read_text())
    jsonschema.validate(compose, schema)
    wrong = copy.deepcopy(compose)
    wrong["services"]["redis"]["comand"] = ["misspelt"]
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(wrong)), "a misspelt name is taken"
    services = compose["services"]
    names = {"kafka", "redis", "registry", "setup", "worker", "prometheus", "grafana"}
    equal(names - set(services), set(), "services that lack")
    equal(services["worker"]["deploy"]["replicas"], 2, "workers")
    for name, service in services.items():
        for other in service.get("depends_on", []):
            assert other in services, (name, other)
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert not source.startswith(".") or (DOCKER / source).exists(), (name, source)
        for address in service.get("ports", []):
            assert address.startswith("127.0.0.1:"), f"{name} is open to others: {address}"
        assert "build" in service or re.search(r":[\w.-]*\d", service["image"]), f"{name} has no version"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GENTALLY_")}
    told = {name: str(value) for name, value in services["worker"]["environment"].items()}
    command = [BINARY, "worker", "--check-config"]
    done = subprocess.run(command, env=environment | told, capture_output=True, text=True, check=False)
    equal(done.returncode, 0, f"--check-config of the workers: {done.stderr}")
    provisioned = [yaml.safe_load(path.read_text()) for path in (DOCKER / "grafana/provisioning").rglob("*.yaml")]
    (source,) = [file["datasources"][0] for file in provisioned if "datasources" in file]
    assert source["url"] == "http://prometheus:9090", source
    (provider,) = [file["providers"][0] for file in provisioned if "providers" in file]
    mounted = {volume.split(":")[1] for volume in services["grafana"]["volumes"]}
    assert provider["options"]["path"] + "/gentally.json" in mounted, mounted


def test_the_list_of_what_is_in_the_image_is_cyclonedx():
    version = re.search(r"^gentally (\S+)", ours("--version")).group(1)
    equal(
        re.search(r"^ARG VERSION=(.*)$", (DOCKER / "Dockerfile").read_text(), re.MULTILINE).group(1), version, "version"
    )
    done = subprocess.run([DOCKER / "sbom.sh", version], capture_output=True, text=True, check=True)
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    equal(validator.validate_str(done.stdout), None, "what CycloneDX's schema says")
    assert validator.validate_str(done.stdout.replace('"type": "library"', '"type": "misspelt"', 1)), "it says nothing"
    bill = json.loads(done.stdout)
    equal(bill["metadata"]["component"]["version"], version, "version of the component")
    command = ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\\n"]
    known = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    listed = {(component["name"], component["version"]) for component in bill["components"]}
    equal({tuple(line.split()[1:]) for line in known if line.startswith("installed ")} ^ listed, set(), "packages")


def test_hadolint_has_nothing_to_say():
    program = str(Path(sys.executable).with_name("hadolint"))
    done = subprocess.run([program, DOCKER / "Dockerfile"], capture_output=True, text=True, check=False)
    equal((done.returncode, done.stdout), (0, ""), "hadolint")


def ours(*words):
    done = subprocess.run([BINARY, *words], capture_output=True, text=True, check=False)
    equal((done.returncode, done.stderr), (0, ""), f"gentally {' '.join(words)}")
    return done.stdout


def commands():
    return re.findall(r"^  ([a-z-]+) +\S", ours("--help"), re.MULTILINE)


def flags(command):
    """The flags that its --help tells of, each at the beginning of its line or behind another."""
    lines = [line for line in ours(command, "--help").splitlines() if re.match(r"  --", line)]
    found = {flag for line in lines for flag in re.findall(r"(?:^  |, )(--[\w-]+)", line)}
    assert len(found) > 20, found
    return found - {"--kafka"}  # of any property


def completions(*words):
    """What bash offers for the last of these words, behind `gentally`."""
    script = (
        ours("help", "--completion")
        + """
COMP_WORDS=(gentally "$@") COMP_CWORD=$#
_gentally
printf '%s\\n' "${COMPREPLY[@]}"
"""
    )
    done = subprocess.run(["bash", "-uc", script, "-", *words], capture_output=True, text=True, check=False, cwd=ROOT)
    equal((done.returncode, done.stderr), (0, ""), f"completion of {words}")
    return set(done.stdout.split())


def test_bash_completes_what_help_tells():
    names = set(commands())
    assert len(names) > 10, names
    equal(completions(""), names | {"help", "version"}, "commands")
    equal(completions("work"), {"worker"}, "a command")
    equal(completions("help", "sum"), {"summaries"}, "a command that help is asked of")
    for name in names:
        offered, told = completions(name, "--") - {"--help", "--version"}, flags(name)
        equal(told - offered, set(), f"flags of {name} that are not offered")  # a reader's help tells a part
        equal(offered - told - flags("worker"), set(), f"flags of {name} that nothing tells of")
    equal(completions("worker", "--log-level", ""), {"debug", "info", "warn", "error"}, "words of a choice")
    assert "README.md" in completions("worker", "--catalog", "READ"), "a path"
    equal(completions("worker", "--redis-url", "x"), set(), "what nobody knows")


def test_man_has_the_page():
    """groff has no warning, and what it shows has all that help tells."""
    page = ours("help", "--manual")
    command = ["groff", "-man", "-Tutf8", "-ww", "-P-c", "-rLL=110n"]
    done = subprocess.run(command, input=page, capture_output=True, text=True, check=False)
    equal((done.returncode, done.stderr), (0, ""), "groff")
    shown = re.sub(r".\x08", "", done.stdout).replace("\u2010", "-").replace("\u2212", "-")
    for name in commands():
        assert re.search(rf"^ +gentally {name}$", shown, re.MULTILINE), name
        for flag in flags(name):
            assert re.search(rf"(^ +|, ){flag}\b", shown, re.MULTILINE), (name, flag)
    words = re.sub(r"\s+", " ", shown)
    for line in ours("worker", "--help").replace("Options:", "").split("Configuration:")[0].splitlines():
        assert re.sub(r"\s+", " ", line.replace("Usage: ", "")).strip() in words, line


def test_systemd_takes_the_unit():
    unit = (DOCKER / "systemd/gentally-worker.service").read_text()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gentally-worker.service"
        path.write_text(unit.replace("/usr/local/bin/gentally", BINARY).replace("man:gentally(1)", "file:/dev/null"))
        for words in (["verify", "--man=no", path], ["security", "--offline=true", "--threshold=20", path]):
            done = subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)
            equal(done.returncode, 0, f"systemd-analyze {words[0]}: {done.stdout} {done.stderr}")
            assert words[0] != "verify" or not done.stderr, done.stderr
    for name in re.findall(r"Environment=(GENTALLY_\w+)", unit):
        assert name[len("GENTALLY_") :].lower() in (ROOT / "runbooks/configuration.md").read_text(), name


def main():
    passed = failed = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_"):
            continue
        try:
            test()
            passed += 1
            print(f"ok   {name}")
        except Exception as problem:  # of any kind: the others run all the same
            failed += 1
            print(f"FAIL {name}: {type(problem).__name__}: {str(problem)[:2000]}")
    print(f"deploy: {passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
