"""Environments of a rehearsal that really run, behind its load balancer."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import pytest
import urllib3

from pymacaron.containers import Engine
from pymacaron.rehearsal import Rehearsal

LIVE = "shop-live.us-east-1.elasticbeanstalk.com"
OWN = "api.shop.example"
PATIENCE = 60
# A service: answers with its version and a variable, slowly at /slow, and with what it was sent.
SERVICE = """
import http.server, os, signal, threading, time

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        time.sleep(0.4 if self.path == "/slow" else 0)
        self.answer(f"{os.environ['VERSION']} {os.environ.get('TOKEN', '')}".encode())

    def do_POST(self):
        if "Content-Length" in self.headers:
            self.answer(self.rfile.read(int(self.headers["Content-Length"])))
            return
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.answer(body)

    def answer(self, body):
        self.send_response(200 if os.environ["VERSION"] != "bad" else 500)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"%x\\r\\n%b\\r\\n0\\r\\n\\r\\n" % (len(body), body) if body else b"0\\r\\n\\r\\n")

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer((os.environ.get("HOST", "127.0.0.1"), int(os.environ["PORT"])), Handler)
server.daemon_threads = False
server.handle_error = lambda *_: None  # who asks how it is does not always wait for the answer
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print("it serves", flush=True)
server.serve_forever(0.05)
server.server_close()
"""


def setting(namespace: str, name: str, value: str) -> dict[str, str]:
    return {"Namespace": f"aws:{namespace}", "OptionName": name, "Value": value}


def created(eb: Any, name: str, version: str, *settings: dict[str, str], prefix: str) -> dict[str, Any]:
    """A new environment, as it is when it is ready."""
    eb.create_environment(
        ApplicationName="shop",
        EnvironmentName=name,
        VersionLabel=version,
        CNAMEPrefix=prefix,
        SolutionStackName=eb.list_available_solution_stacks()["SolutionStacks"][0],
        OptionSettings=[
            setting("autoscaling:launchconfiguration", "IamInstanceProfile", "shop"),
            setting("elasticbeanstalk:environment:process:default", "HealthCheckPath", "/ping"),
            setting("elasticbeanstalk:application:environment", "VERSION", version),
            *settings,
        ],
    )
    return when_ready(eb, name)


def when_ready(eb: Any, name: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found: dict[str, Any] = eb.describe_environments(EnvironmentNames=[name])["Environments"][0]
        if found["Status"] in {"Ready", "Terminated"}:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{name} is not ready")


@pytest.fixture
def service(tmp_path: Path) -> Path:
    path = tmp_path / "service.py"
    path.write_text(SERVICE, "utf-8")
    return path


def test_no_request_is_lost(service: Path) -> None:
    """Under constant load nothing is lost while a second environment comes, names are swapped back and forth, and the
    first one ends; requests are answered by whoever has the name."""
    with Rehearsal(command=[sys.executable, str(service)]) as rehearsal:
        eb = rehearsal.client()
        eb.create_application(ApplicationName="shop")
        for version in ("1", "2"):
            eb.create_application_version(ApplicationName="shop", VersionLabel=version)
        created(eb, "shop-one", "1", prefix="shop-live")
        with rehearsal.load(LIVE, "/", rate=300) as load, rehearsal.load(LIVE, "/slow", rate=8) as slow:
            created(eb, "shop-two", "2", prefix="shop-green")
            for owner in (b"2 ", b"1 ", b"2 "):
                eb.swap_environment_cnames(SourceEnvironmentName="shop-one", DestinationEnvironmentName="shop-two")
                when_ready(eb, "shop-one")
                request = urllib.request.Request(rehearsal.proxy, headers={"Host": LIVE})
                with urllib.request.urlopen(request) as answer:
                    assert answer.read() == owner
                time.sleep(0.2)
            eb.terminate_environment(EnvironmentName="shop-one")
            assert when_ready(eb, "shop-one")["Status"] == "Terminated"
            time.sleep(0.5)
        assert (load.lost, slow.lost) == (0, 0)
        assert set(load.answers) == set(slow.answers) == {200}


def shared(rehearsal: Rehearsal, version: str) -> list[bytes]:
    """A version on trial for 25 of a hundred requests: what forty are answered with, and forty after it."""
    eb = rehearsal.client()
    split = "elasticbeanstalk:trafficsplitting"
    eb.update_environment(
        EnvironmentName="shop-one",
        VersionLabel=version,
        OptionSettings=[
            setting("elasticbeanstalk:environment", "LoadBalancerType", "application"),
            setting("elasticbeanstalk:command", "DeploymentPolicy", "TrafficSplitting"),
            setting(split, "NewVersionPercent", "25"),
            setting(split, "EvaluationTime", "600"),
            setting("elasticbeanstalk:application:environment", "VERSION", version),
        ],
    )
    deadline = time.monotonic() + PATIENCE
    while not eb.describe_events(MaxRecords=1)["Events"][0]["Message"].startswith("Forwarding 25 percent"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    answers = [urllib3.request("GET", rehearsal.proxy, headers={"Host": LIVE}) for _ in range(40)]
    rehearsal.advance(400)  # the rest of the time
    when_ready(eb, "shop-one")
    answers += [urllib3.request("GET", rehearsal.proxy, headers={"Host": LIVE}) for _ in range(40)]
    assert {answer.status for answer in answers} == {200}
    return [answer.data.strip() for answer in answers]


def test_a_share_of_the_requests(service: Path) -> None:
    """A version on trial gets exactly as many of a hundred requests as its policy says, spread evenly; then it gets all
    of them, or, if the script says so, none, and what runs is what ran before."""
    with Rehearsal(command=[sys.executable, str(service)], pace=0.01) as rehearsal:
        eb = rehearsal.client()
        eb.create_application(ApplicationName="shop")
        for version in ("1", "2", "3"):
            eb.create_application_version(ApplicationName="shop", VersionLabel=version)
        balancer = setting("elasticbeanstalk:environment", "LoadBalancerType", "application")
        created(eb, "shop-one", "1", balancer, prefix="shop-live")
        assert shared(rehearsal, "2") == [b"1", b"1", b"1", b"2"] * 10 + [b"2"] * 40
        rehearsal.tell({"outcome": "canary-fails"})
        assert shared(rehearsal, "3") == [b"2", b"2", b"2", b"3"] * 10 + [b"2"] * 40
        assert eb.describe_environments()["Environments"][0]["VersionLabel"] == "2"


def test_names_and_certificates(service: Path) -> None:
    """Environments are reached by their real names through the proxy, encrypted, with certificates for the names of
    their listener, and for no others; a load balancer has no listener for HTTPS unless it was given one."""
    listener = "elbv2:listener:443"
    encrypted = [setting(listener, "Protocol", "HTTPS"), setting(listener, "SSLCertificateArns", "arn:x")]
    with Rehearsal(command=[sys.executable, str(service)], aliases={OWN: LIVE}) as rehearsal:
        eb = rehearsal.client()
        eb.create_application(ApplicationName="shop")
        for version in ("1", "2"):
            eb.create_application_version(ApplicationName="shop", VersionLabel=version)
        created(eb, "shop-one", "1", *encrypted, prefix="shop-live")
        green = created(eb, "shop-two", "2", *encrypted, prefix="shop-green")["EndpointURL"]
        created(eb, "shop-six", "2", prefix="shop-plain")

        def ask(url: str, **tls: Any) -> bytes:
            with urllib3.ProxyManager(rehearsal.proxy, ca_certs=str(rehearsal.ca_file), retries=False, **tls) as pool:
                return pool.request("GET", url).data

        def as_(name: str) -> dict[str, str]:
            return {"server_hostname": name, "assert_hostname": name}

        assert ask(f"http://{LIVE}/") == b"1 "
        assert ask(f"https://{LIVE}/") == ask(f"https://{OWN}/") == b"1 "
        assert ask(f"https://{green}/") == ask(f"https://{green}/", **as_(OWN)) == b"2 "
        for scheme in ("http", "https"):  # under the name that it will have, as a test of what is not live yet does it
            trusting: dict[str, Any] = {"ca_certs": str(rehearsal.ca_file), **as_(OWN)} if scheme == "https" else {}
            with urllib3.PoolManager(**trusting) as directly:
                answer = directly.request("GET", f"{scheme}://{rehearsal.address(green)}/", headers={"Host": OWN})
                assert answer.data == b"2 "
        refused = {f"https://{green}/": as_("api.other.example"), f"https://{LIVE.replace('live', 'plain')}/": {}}
        for url, tls in refused.items():
            with pytest.raises(urllib3.exceptions.HTTPError):
                ask(url, **tls)
        for body in (b"x" * 300_000, iter([b"x", b"y"])):
            with urllib3.PoolManager() as pool:
                sent = pool.request("POST", rehearsal.proxy, body=body, headers={"Host": LIVE}).data
            assert sent == (body if isinstance(body, bytes) else b"xy")
        for host, status in (("nobody.example", 404), (LIVE, 200)):
            assert urllib3.request("GET", rehearsal.proxy, headers={"Host": host}).status == status


def test_what_is_printed(service: Path) -> None:
    """What programs print is in CloudWatch Logs, under the name of their environment."""
    with Rehearsal(command=[sys.executable, str(service)], others=True) as rehearsal:
        eb, logs = rehearsal.client(), rehearsal.client("logs")
        rehearsal.client("iam").create_instance_profile(InstanceProfileName="shop")
        eb.create_application(ApplicationName="shop")
        eb.create_application_version(ApplicationName="shop", VersionLabel="1")
        streamed = setting("elasticbeanstalk:cloudwatch:logs", "StreamLogs", "true")
        created(eb, "shop-one", "1", streamed, prefix="shop-live")
        group = "/aws/elasticbeanstalk/shop-one/var/log/eb-docker/containers/eb-current-app/stdouterr.log"
        found: list[str] = []
        deadline = time.monotonic() + PATIENCE
        while not found and time.monotonic() < deadline:
            time.sleep(0.05)
            with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
                found = [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]
        assert found == ["it serves"]


def test_what_does_not_run(service: Path) -> None:
    """An environment whose program does not answer its health check is ill, and tells why; its log is there; an update
    that fails leaves what was there, which does not notice."""
    with Rehearsal(command=[sys.executable, str(service)]) as rehearsal:
        eb = rehearsal.client()
        eb.create_application(ApplicationName="shop")
        for version in ("1", "bad"):
            eb.create_application_version(ApplicationName="shop", VersionLabel=version)
        created(eb, "shop-one", "1", prefix="shop-live")
        broken = setting("elasticbeanstalk:application:environment", "PYTHONHOME", "/nowhere")
        assert created(eb, "shop-two", "bad", broken, prefix="shop-green")["Health"] == "Red"
        events = eb.describe_events(EnvironmentName="shop-two", Severity="WARN")["Events"]
        assert "The container ended unexpectedly." in events[-1]["Message"]
        eb.request_environment_info(EnvironmentName="shop-two", InfoType="tail")
        told = eb.retrieve_environment_info(EnvironmentName="shop-two", InfoType="tail")["EnvironmentInfo"]
        with urllib.request.urlopen(told[0]["Message"]) as answer:
            assert "PYTHONHOME" in answer.read().decode()
        eb.update_environment(EnvironmentName="shop-one", VersionLabel="bad", OptionSettings=[broken])
        assert when_ready(eb, "shop-one")["VersionLabel"] == "1"
        assert urllib3.request("GET", rehearsal.proxy, headers={"Host": LIVE}).data == b"1 "


# --- containers

_DOCKERFILE = """\
FROM python:3.11-slim
COPY service.py .
ENV HOST=0.0.0.0
CMD ["python3", "service.py"]
"""


@pytest.mark.heavy
def test_containers(engine: Engine, service: Path) -> None:
    """An image that was pushed to what ECR says it is runs in an environment, with its secrets from Secrets Manager;
    ECR knows the image by its digest; nothing is left of it afterwards."""
    service.with_name("Dockerfile").write_text(_DOCKERFILE, "utf-8")
    with Rehearsal(engine=engine) as rehearsal:
        eb, ecr = rehearsal.client(), rehearsal.client("ecr")
        repository = ecr.create_repository(repositoryName="shop")["repository"]["repositoryUri"]
        assert repository == f"{rehearsal.registry}/shop"
        engine.build(str(service.parent), tags=(f"{repository}:1",))
        digest = engine.push(f"{repository}:1")
        described = ecr.describe_images(repositoryName="shop", imageIds=[{"imageDigest": digest}])["imageDetails"]
        assert described[0]["imageTags"] == ["1"]
        rehearsal.client("iam").create_instance_profile(InstanceProfileName="shop")
        kept = json.dumps({"token": "7"})
        told = rehearsal.client("secretsmanager").create_secret(Name="pym/shop", SecretString=kept)
        eb.create_application(ApplicationName="shop")
        bucket = eb.create_storage_location()["S3Bucket"]
        rehearsal.client("s3").put_object(Bucket=bucket, Key="1.zip", Body=bundled(f"{repository}@{digest}"))
        bundle = {"S3Bucket": bucket, "S3Key": "1.zip"}
        eb.create_application_version(ApplicationName="shop", VersionLabel="1", SourceBundle=bundle)
        secret = setting("elasticbeanstalk:application:environmentsecrets", "TOKEN", f"{told['ARN']}:token")
        environment = created(eb, "shop-one", "1", secret, prefix="shop-live")
        assert environment["Health"] == "Green"
        assert urllib3.request("GET", rehearsal.proxy, headers={"Host": LIVE}).data == b"1 7"
        label = {"pymacaron.rehearsal": environment["EnvironmentId"]}
        assert len(engine.containers(label)) == 1
    assert engine.containers(label, ended=True) == []


def bundled(image: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        run = {"AWSEBDockerrunVersion": "1", "Image": {"Name": image}, "Ports": [{"ContainerPort": 8080}]}
        archive.writestr("Dockerrun.aws.json", json.dumps(run))
    return content.getvalue()
