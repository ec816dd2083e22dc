"""Kafka as it is secured: TLS with SCRAM, with certificates of clients, and with bearer tokens, on a real broker that
denies whatever no ACL allows. Setup, workers and readers do their work over each; what is wrong is told by its true
cause; and no secret stands in any log."""

import atexit
import base64
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from confluent_kafka import Producer
from confluent_kafka.admin import (
    AclBinding,
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from harness import Kafka, Process, check, equal, free_port, main, tail, wait_until
from rights import binding, rights_of

ROLES = ("worker", "deployer", "reader")
LISTENERS = ("scram", "mtls", "token", "expired", "stranger")
PASSWORD = "password-of-{}-4f1c9a"
PARTITIONS = 2
EVENTS = 500
EX_NOPERM = 77


def openssl(folder, *words, given=None):
    done = subprocess.run(["openssl", *map(str, words)], cwd=folder, input=given, capture_output=True, check=False)
    check(done.returncode == 0, f"openssl {words[0]} failed", done.stderr.decode(errors="replace"))
    return done.stdout


class Authority:
    """One that signs certificates."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        openssl(folder, *"req -x509 -newkey rsa:2048 -nodes -days 2 -keyout".split(), f"{name}.key",
                "-out", f"{name}.pem", "-subj", f"/CN={name}")  # fmt: skip

    @property
    def path(self):
        return self.folder / f"{self.name}.pem"

    def sign(self, name, subject, names="", days=2):
        """Makes NAME.key, and NAME.pem of both as brokers want it."""
        openssl(self.folder, *"req -newkey rsa:2048 -nodes -keyout".split(), f"{name}.key",
                "-out", f"{name}.csr", "-subj", f"/CN={subject}")  # fmt: skip
        (self.folder / f"{name}.ext").write_text(f"subjectAltName={names}" if names else "")
        crt = openssl(self.folder, *f"x509 -req -in {name}.csr -CA {self.name}.pem -CAkey {self.name}.key".split(),
                      *f"-CAcreateserial -days {days} -extfile {name}.ext".split())  # fmt: skip
        (self.folder / f"{name}.crt").write_bytes(crt)
        key = (self.folder / f"{name}.key").read_bytes()
        (self.folder / f"{name}.pem").write_bytes(key + crt + self.path.read_bytes())


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def web_token(folder, subject, seconds, key="tokens.key", now=None):
    """A JSON web token, signed as an identity provider does."""
    now = int(now if now is not None else time.time())
    claims = {"sub": subject, "iat": now, "exp": now + seconds, "scope": "kafka"}
    text = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "one"}, claims))
    return f"{text}.{base64url(openssl(folder, 'dgst', '-sha256', '-sign', key, given=text.encode()))}"


class Broker:
    """The broker of all tests of this suite."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="gentally-secured."))
        self.pki = self.folder / "pki"
        self.pki.mkdir()
        self.ports = {name: free_port() for name in LISTENERS}
        self._certificates()
        self.kafka = Kafka(self.folder / "kafka", *self._settings())
        self.kafka.environment |= {
            "BROKER_LISTENERS": ",".join(f"{name.upper()}://127.0.0.1:{port}" for name, port in self.ports.items()),
            "JAVA_TOOL_OPTIONS": f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={self.keys.as_uri()}",
        }
        self.kafka.start()
        self.admin = AdminClient({"bootstrap.servers": self.kafka.address, "log_level": 0})
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        users = [UserScramCredentialUpsertion(role, info, PASSWORD.format(role).encode()) for role in ROLES]
        for future in self.admin.alter_user_scram_credentials(users).values():
            future.result(20)

    def _certificates(self):
        ours, other = Authority(self.pki, "ca"), Authority(self.pki, "other-ca")
        here = "IP:127.0.0.1,DNS:localhost"
        ours.sign("server", "broker", here)
        ours.sign("expired-server", "broker", here, days=-1)
        ours.sign("elsewhere", "broker", "DNS:elsewhere.test")
        for role in ROLES:
            ours.sign(role, role)
        other.sign("intruder", "worker")
        openssl(self.pki, *"genrsa -out tokens.key 2048".split())
        openssl(self.pki, *"genrsa -out forged.key 2048".split())
        modulus = openssl(self.pki, *"rsa -in tokens.key -noout -modulus".split()).decode().strip().split("=")[1]
        key = {"kty": "RSA", "kid": "one", "alg": "RS256", "use": "sig", "e": "AQAB"}
        self.keys = self.pki / "jwks.json"
        self.keys.write_text(json.dumps({"keys": [key | {"n": base64url(bytes.fromhex(modulus))}]}))

    def _settings(self):
        shown = {"expired": "expired-server", "stranger": "elsewhere"}
        protocols = ",".join(f"{name.upper()}:{'SSL' if name == 'mtls' else 'SASL_SSL'}" for name in LISTENERS)
        yield f"listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT,{protocols}"
        yield "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer"
        yield "super.users=User:ANONYMOUS"
        yield "broker.rack=rack-a"
        yield "replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelector"
        security = "org.apache.kafka.common.security"
        for name in LISTENERS:
            prefix = f"listener.name.{name}"
            yield f"{prefix}.ssl.keystore.type=PEM"
            yield f"{prefix}.ssl.keystore.location={self.pki / (shown.get(name, 'server') + '.pem')}"
            if name == "mtls":
                yield f"{prefix}.ssl.client.auth=required"
                yield f"{prefix}.ssl.truststore.type=PEM"
                yield f"{prefix}.ssl.truststore.location={self.pki / 'ca.pem'}"
                yield f"{prefix}.ssl.principal.mapping.rules=RULE:^CN=([a-z]+)$/$1/"
            elif name == "token":
                yield f"{prefix}.sasl.enabled.mechanisms=OAUTHBEARER"
                module = f"{security}.oauthbearer.OAuthBearerLoginModule required;"
                yield f"{prefix}.oauthbearer.sasl.jaas.config={module}"
                handler = f"{security}.oauthbearer.OAuthBearerValidatorCallbackHandler"
                yield f"{prefix}.oauthbearer.sasl.server.callback.handler.class={handler}"
                yield f"{prefix}.oauthbearer.connections.max.reauth.ms=3600000"  # a session ends with its token
                yield f"{prefix}.sasl.oauthbearer.jwks.endpoint.url={self.keys.as_uri()}"
                yield f"{prefix}.sasl.oauthbearer.clock.skew.seconds=0"  # a token that ended is refused at once
            else:
                yield f"{prefix}.sasl.enabled.mechanisms=SCRAM-SHA-512"
                yield f"{prefix}.scram-sha-512.sasl.jaas.config={security}.scram.ScramLoginModule required;"

    def stop(self):
        self.kafka.stop()
        subprocess.run(["rm", "-rf", str(self.folder)], check=False)


_brokers = []


def broker():
    if not _brokers:
        _brokers.append(Broker())
        atexit.register(_brokers[0].stop)
    return _brokers[0]


TOKEN_PROGRAM = """#!{python}
import sys
sys.path[:0] = [{here!r}]
from secured import web_token
open({calls!r}, "a").write("called\\n")
print(web_token({pki!r}, sys.argv[1], int(sys.argv[2])))
"""


class Secured:
    """A world's namespace with the rights of its roles, and commands that are run as one of them."""

    def __init__(self, world):
        self.world, self.broker = world, broker()
        world.settings["GENTALLY_KAFKA_BOOTSTRAP_SERVERS"] = self.broker.kafka.address
        world.settings["GENTALLY_TOPIC"] = f"input-{world.name}"
        world.start_redis()
        for role in ROLES:
            rights = [binding(AclBinding, role, *right) for right in rights_of(world, role)]
            for future in self.broker.admin.create_acls(rights).values():
                future.result(20)
        self.calls = world.folder / "calls"
        self.program = world.folder / "token"
        here = str(Path(__file__).parent)
        self.program.write_text(
            TOKEN_PROGRAM.format(python=sys.executable, here=here, calls=str(self.calls), pki=str(self.broker.pki))
        )
        self.program.chmod(0o755)

    def settings(self, way, role, **changed):
        pki = self.broker.pki
        listener = {"tls": "mtls"}.get(way, way)
        known = {
            "GENTALLY_KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{self.broker.ports[listener]}",
            "GENTALLY_KAFKA_SSL_CA_LOCATION": pki / "ca.pem",
            "GENTALLY_KAFKA_SECURITY_PROTOCOL": "ssl" if way in ("mtls", "tls") else "sasl_ssl",
            "GENTALLY_KAFKA_CLIENT_RACK": "rack-a",
        }
        if way == "mtls":
            known |= {
                "GENTALLY_KAFKA_SSL_CERTIFICATE_LOCATION": pki / f"{role}.crt",
                "GENTALLY_KAFKA_SSL_KEY_LOCATION": pki / f"{role}.key",
            }
        elif way == "token":
            known |= {
                "GENTALLY_KAFKA_SASL_MECHANISM": "OAUTHBEARER",
                "GENTALLY_KAFKA_TOKEN_COMMAND": f"{self.program} {role} 300",
            }
        elif way != "tls":
            password = self.world.folder / f"{role}.password"
            password.write_text(PASSWORD.format(role))
            known |= {
                "GENTALLY_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
                "GENTALLY_KAFKA_SASL_USERNAME": role,
                "GENTALLY_KAFKA_SASL_PASSWORD_FILE": password,
            }
        return known | changed

    def start(self, way, role, *words, **changed):
        return self.world.start(*words, **self.settings(way, role, **changed))

    def run(self, way, role, *words, **changed):
        return self.start(way, role, *words, **changed).succeed(60)

    def feed(self, seed):
        self.world.produce(self.world.run("generate", "--events", EVENTS, "--seed", seed).out_path)

    def counted(self):
        return self.world.consumed(PARTITIONS)

    def requests(self, way):
        done = self.run(way, "reader", "summaries", "--rollup", "total", "--window", "month", "--format", "json")
        return sum(json.loads(line)["requests"] for line in done.out.splitlines())

    def no_secret_is_told(self):
        """Greps what every process of ours wrote."""
        secrets = [PASSWORD.format(role) for role in ROLES] + [base64url(b'{"sub": "')[:10]]
        keys = [(self.broker.pki / f"{role}.key").read_text().splitlines()[1] for role in ROLES]
        processes = [thing for thing in self.world.things if isinstance(thing, Process)]
        check(processes, "nothing was looked at")
        for process in processes:
            for secret in [*secrets, *keys]:
                check(secret not in process.log + process.out, f"{process.name} told a secret", secret)


def all_is_done_over(world, way):
    secured = Secured(world)
    loud = {"GENTALLY_LOG_LEVEL": "debug", "GENTALLY_KAFKA_DEBUG": "security,broker"}
    secured.run(way, "deployer", "setup", "--partitions", PARTITIONS, **loud)
    secured.feed(1)
    secured.run(way, "worker", "worker", "--drain", **loud)
    secured.run(way, "deployer", "setup")
    worker = secured.start(way, "worker", "worker", **loud)
    worker.says("WORKER-ASSIGNED partitions=2", 60)
    secured.feed(2)
    wait_until(lambda: secured.counted() == 2 * EVENTS, 60, f"all to be counted\n{tail(worker.log)}")
    worker.end()
    equal(worker.process.returncode, 0, "exit status after SIGTERM")
    secured.run(way, "worker", "worker", "--drain")
    equal(secured.requests(way), 2 * EVENTS, "requests in the summaries")
    secured.run(way, "reader", "verify")
    secured.no_secret_is_told()


def test_scram_over_tls(world):
    all_is_done_over(world, "scram")


def test_certificates_of_clients(world):
    all_is_done_over(world, "mtls")


def test_bearer_tokens_from_a_command(world):
    all_is_done_over(world, "token")


class Wrong:
    """A setting that is wrong, and how it is told."""

    def __init__(self, way, said, status=None, **changed):
        self.way, self.said, self.status, self.changed = way, said, status, changed


def wrong_settings(secured):
    """By name. Those with an exit status end the command, the others are waited for, and told."""
    pki, folder = secured.broker.pki, secured.world.folder
    files = {
        "password": "wrong-" + PASSWORD.format("worker"),
        "ended": web_token(pki, "worker", -60),
        "forged": web_token(pki, "worker", 300, key="forged.key"),
        "blank": "two words",
    }
    for name, text in files.items():
        (folder / name).write_text(text)

    def token(said, status=None, **given):
        return Wrong("token", said, status, **{"GENTALLY_KAFKA_TOKEN_COMMAND": None, **given})

    return {
        "password": Wrong(
            "scram",
            "SINK-DENIED.*invalid credentials",
            EX_NOPERM,
            GENTALLY_KAFKA_SASL_PASSWORD_FILE=folder / "password",
        ),
        "mechanism": Wrong(
            "scram", "SINK-DENIED.*Unsupported SASL mechanism", EX_NOPERM, GENTALLY_KAFKA_SASL_MECHANISM="PLAIN"
        ),
        "authority": Wrong(
            "scram",
            "the broker's certificate: self-signed certificate",
            GENTALLY_KAFKA_SSL_CA_LOCATION=pki / "other-ca.pem",
        ),
        "expired": Wrong("expired", "the broker's certificate: certificate has expired"),
        "name": Wrong("stranger", "the broker's certificate: IP address mismatch"),
        "no certificate": Wrong("tls", "the broker wants a certificate, or does not take ours"),
        "intruder": Wrong(
            "mtls",
            "the broker wants a certificate, or does not take ours",
            GENTALLY_KAFKA_SSL_CERTIFICATE_LOCATION=pki / "intruder.crt",
            GENTALLY_KAFKA_SSL_KEY_LOCATION=pki / "intruder.key",
        ),
        "no TLS": Wrong("scram", "connecting to a SSL listener", GENTALLY_KAFKA_SECURITY_PROTOCOL="sasl_plaintext"),
        "command fails": token("KAFKA-TOKEN.*exit status 2: .*/no/such", GENTALLY_KAFKA_TOKEN_COMMAND="ls /no/such"),
        "command hangs": token("KAFKA-TOKEN.*did not end within 8000 ms", GENTALLY_KAFKA_TOKEN_COMMAND="sleep 1000"),
        "no command": token("KAFKA-TOKEN.*cannot be run: No such file", GENTALLY_KAFKA_TOKEN_COMMAND="/no/such"),
        "no token": token("KAFKA-TOKEN.*there is nothing", GENTALLY_KAFKA_TOKEN_COMMAND="true"),
        "token of another kind": token("KAFKA-TOKEN.*other characters", GENTALLY_KAFKA_TOKEN_FILE=folder / "blank"),
        "token ended": token("KAFKA-TOKEN.*the token ended at 20", GENTALLY_KAFKA_TOKEN_FILE=folder / "ended"),
        "no file": token("KAFKA-TOKEN.*No such file", GENTALLY_KAFKA_TOKEN_FILE=folder / "no"),
        "token forged": token("SINK-DENIED.*invalid_token", EX_NOPERM, GENTALLY_KAFKA_TOKEN_FILE=folder / "forged"),
        "no source": token("CONFIG-VALUE.*kafka_token_command or kafka_token_file", 78),
    }


def test_what_is_wrong_is_told_by_its_cause(world):
    secured = Secured(world)
    secured.run("scram", "deployer", "setup", "--partitions", PARTITIONS)
    wrong = wrong_settings(secured)
    for names in (list(wrong)[:9], list(wrong)[9:]):  # they mostly wait
        begun = {name: secured.start(wrong[name].way, "worker", "worker", **wrong[name].changed) for name in names}
        for name, process in begun.items():
            case = wrong[name]
            wait_until(
                lambda: re.search(case.said, process.log), 30, f"{name} to be told {case.said}\n{tail(process.log)}"
            )
            if case.status is not None:
                equal(process.wait(10), case.status, f"exit status for {name}")
            check(case.status is not None or process.is_running(), f"{name} ended the worker", tail(process.log))
        begin = time.monotonic()
        for process in begun.values():
            process.signal(signal.SIGTERM)
        for name, process in begun.items():
            process.wait(15)
        check(time.monotonic() - begin < 12, f"{names} did not end in their time")
    secured.no_secret_is_told()
    forged = (world.folder / "forged").read_text()
    for thing in world.things:
        if isinstance(thing, Process):
            check(forged.split(".")[2][:40] not in thing.log, f"{thing.name} told a token")


def test_tokens_are_asked_for_again_and_waited_for(world):
    """Tokens of ten seconds; then the command fails for longer than one is good, and is mended."""
    secured = Secured(world)
    secured.run("token", "deployer", "setup", "--partitions", PARTITIONS)
    broken = world.folder / "broken"
    wrapper = world.folder / "sometimes"
    wrapper.write_text(f"#!/bin/sh\n[ ! -e {broken} ] || {{ echo 'no provider' >&2; exit 3; }}\n"
                       f"exec {secured.program} worker 10\n")  # fmt: skip
    wrapper.chmod(0o755)
    worker = secured.start("token", "worker", "worker", GENTALLY_KAFKA_TOKEN_COMMAND=wrapper)
    worker.says("WORKER-ASSIGNED partitions=2", 60)
    asked = secured.calls.read_text().count("called")
    secured.feed(1)
    wait_until(lambda: secured.counted() == EVENTS, 60, "all to be counted")
    wait_until(lambda: secured.calls.read_text().count("called") >= asked + 4, 30, "tokens to be asked for again")
    broken.touch()
    worker.says("KAFKA-TOKEN", 30)
    check("exit status 3: no provider" in worker.log, "the cause is not told", tail(worker.log))
    time.sleep(12)  # the token ends, and with it each connection that is used
    check(worker.is_running(), "the worker ended for want of a token", tail(worker.log))
    secured.feed(2)
    broken.unlink()
    wait_until(lambda: secured.counted() == 2 * EVENTS, 60, f"all to be counted\n{tail(worker.log)}")
    worker.end()
    equal(worker.process.returncode, 0, "exit status after SIGTERM")
    secured.run("token", "worker", "worker", "--drain")
    equal(secured.requests("token"), 2 * EVENTS, "requests in the summaries")
    secured.no_secret_is_told()


def test_a_token_file_is_read_again(world):
    """As Kubernetes writes it: anew, before it ends."""
    secured = Secured(world)
    secured.run("scram", "deployer", "setup", "--partitions", PARTITIONS)
    path = world.folder / "token-file"
    path.write_text(web_token(secured.broker.pki, "worker", 6))
    worker = secured.start(
        "token", "worker", "worker", GENTALLY_KAFKA_TOKEN_COMMAND=None, GENTALLY_KAFKA_TOKEN_FILE=path
    )
    worker.says("WORKER-ASSIGNED partitions=2", 60)
    path.write_text(json.dumps({"access_token": web_token(secured.broker.pki, "worker", 600), "expires_in": 600}))
    time.sleep(7)
    secured.feed(1)
    wait_until(lambda: secured.counted() == EVENTS, 60, f"all to be counted\n{tail(worker.log)}")
    check("SOURCE-DENIED" not in worker.log, "the token of before was shown", tail(worker.log))
    worker.end()
    equal(worker.process.returncode, 0, "exit status after SIGTERM")


def test_members_that_have_a_name_come_back_without_a_rebalance(world):
    secured = Secured(world)
    secured.run("scram", "deployer", "setup", "--partitions", PARTITIONS)
    names = [{"GENTALLY_KAFKA_GROUP_INSTANCE_ID": f"worker-{number}"} for number in range(2)]
    workers = [secured.start("scram", "worker", "worker", **name) for name in names]
    for worker in workers:
        worker.says("WORKER-ASSIGNED partitions=1", 60)
    secured.feed(1)
    wait_until(lambda: secured.counted() == EVENTS, 60, "all to be counted")
    before = workers[0].log.count("WORKER-ASSIGNED")
    workers[1].kill()
    workers[1] = secured.start("scram", "worker", "worker", **names[1])
    workers[1].says("WORKER-ASSIGNED partitions=1", 60)
    secured.feed(2)
    wait_until(lambda: secured.counted() == 2 * EVENTS, 60, "all to be counted")
    equal(workers[0].log.count("WORKER-ASSIGNED"), before, "assignments of the one that stayed")
    double = secured.start("scram", "worker", "worker", **names[0])
    workers[0].says("FENCED_INSTANCE_ID", 30)
    double.says("WORKER-ASSIGNED partitions=1", 60)


def test_what_this_librdkafka_cannot_do_is_refused(world):
    for name, value, said in (
        ("partition.assignment.strategy", "cooperative-sticky", "from librdkafka 2.10 on"),
        ("group.protocol", "consumer", "before librdkafka 2.15"),
    ):
        process = world.start("worker", "--check-config", f"--kafka.{name}={value}")
        equal(process.wait(20), 78, f"exit status for {name}")
        check("CONFIG-OWNED" in process.log and said in process.log, f"{name} is not told", process.log)


if __name__ == "__main__":
    main(__file__, globals())
