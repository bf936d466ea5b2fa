"""nginx in front of `prokura serve`, both configured as docs/production.md says: certificates of clients pass, and nobody else's word does.

Needs nginx, openssl and Python's own library. See ../README.md."""

import base64
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

sys.dont_write_bytecode = True
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "python"))

from cases import Cases, equal  # noqa: E402

PAGE = HERE.parents[1] / "docs" / "production.md"
PATIENCE_SECONDS = 20
HEADER = "X-Client-Certificate"
FORM = {"content-type": "application/x-www-form-urlencoded"}
NONE = {}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def block(language):
    """The one block of this language in the section on certificates."""
    section = PAGE.read_text().split("## Certificates of clients", 1)[1]
    (found,) = re.findall(rf"```{language}\n(.*?)```", section, re.S)
    return found


def put(text, changes):
    """Each change must find its place: a page that was edited must not be run half."""
    for old, new in changes.items():
        if old not in text:
            raise AssertionError(f"{PAGE.name} has no {old!r} any more")
        text = text.replace(old, new)
    return text


class Front:
    """A node, nginx in front of it, and two clients with certificates of their own making."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.node_port, self.port = free_port(), free_port()
        self.origin = f"https://localhost:{self.port}"
        self.processes = []

    def __enter__(self):
        for name in ["server", "client", "victim"]:
            self.certificate(name)
        self.start_node()
        self.start_nginx()
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_SECONDS)

    def path(self, name):
        return str(self.folder / name)

    def certificate(self, name):
        new = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -addext subjectAltName=DNS:localhost".split()
        files = ["-subj", f"/CN={name}", "-keyout", self.path(f"{name}.key"), "-out", self.path(f"{name}.pem")]
        subprocess.run(new + files, check=True, capture_output=True)

    def pem(self, name):
        return (self.folder / f"{name}.pem").read_text()

    def thumbprint(self, name):
        der = ssl.PEM_cert_to_DER_cert(self.pem(name))
        return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()

    def prokura(self, *arguments):
        subprocess.run([os.environ["PROKURA_BIN"], *arguments], check=True, capture_output=True, cwd=self.folder)

    def start_node(self):
        text = put(
            block("toml"),
            {'"https://auth.example.com"': f'"{self.origin}"', "127.0.0.1:8460": f"127.0.0.1:{self.node_port}"},
        )
        text += '[database]\nurl = "sqlite:p.db"\n[keys]\nkek = "file:kek"\n'
        (self.folder / "prokura.toml").write_text(text)
        self.prokura("key", "kek", "--out", "kek")
        bootstrap = "administrator bootstrap --config prokura.toml --name Interop --out token"
        self.prokura(*bootstrap.split())
        self.token = (self.folder / "token").read_text().strip()
        serve = [os.environ["PROKURA_BIN"], "serve", "--config", "prokura.toml"]
        self.run(serve, self.node_port, "node.log")

    def start_nginx(self):
        server = put(
            block("nginx"),
            {
                "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
                "auth.example.com": "localhost",
                "/etc/nginx/tls/chain.pem": self.path("server.pem"),
                "/etc/nginx/tls/key.pem": self.path("server.key"),
                "127.0.0.1:8460": f"127.0.0.1:{self.node_port}",
            },
        )
        kept = "client_body proxy fastcgi uwsgi scgi".split()
        folders = "".join(f"{name}_temp_path {self.path(name)};\n" for name in kept)
        (self.folder / "nginx.conf").write_text(
            f"daemon off;\npid {self.path('nginx.pid')};\nerror_log {self.path('nginx.log')};\n"
            f"events {{}}\nhttp {{\naccess_log off;\n{folders}{server}}}\n"
        )
        nginx = ["nginx", "-p", str(self.folder), "-e", self.path("nginx.log"), "-c", self.path("nginx.conf")]
        self.run(nginx, self.port, "nginx.out")

    def run(self, command, port, log):
        with open(self.path(log), "w") as out:
            process = subprocess.Popen(command, cwd=self.folder, stdout=out, stderr=out)
        self.processes.append(process)
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end and process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"{command[0]} does not listen: {(self.folder / log).read_text()}")

    def tls(self, shown):
        context = ssl.create_default_context(cafile=self.path("server.pem"))
        if shown:
            context.load_cert_chain(self.path(f"{shown}.pem"), self.path(f"{shown}.key"))
        return context

    def through_nginx(self, shown=None):
        return http.client.HTTPSConnection("localhost", self.port, context=self.tls(shown), timeout=PATIENCE_SECONDS)

    def past_nginx(self):
        """Straight to the node, from an address that is no proxy's."""
        return http.client.HTTPConnection(
            "127.0.0.1", self.node_port, timeout=PATIENCE_SECONDS, source_address=("127.0.0.2", 0)
        )

    def journalled(self, connection, headers=()):
        """What the audit log has of the certificate of a request that is refused."""
        connection.putrequest("POST", "/oauth2/token", skip_host=True)
        connection.putheader("Host", f"localhost:{self.port}")
        body = b"grant_type=client_credentials"
        for name, value in [*FORM.items(), ("content-length", str(len(body))), *headers]:
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        equal((answer.status, told["error"]), (401, "invalid_client"))
        return self.entry(told["request_id"])

    def entry(self, request_id):
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            admin = self.through_nginx()
            admin.request("GET", "/admin/v1/events?limit=50", headers={"authorization": f"Bearer {self.token}"})
            events = json.loads(admin.getresponse().read())["events"]
            for event in events:
                if event["request_id"] == request_id:
                    names = ["certificate", "certificate_from", "certificate_ignored"]
                    return {name: event["body"][name] for name in names if name in event["body"]}
            time.sleep(0.1)  # the journal is written a few times a second
        raise AssertionError(f"no entry of {request_id}")


def run(cases, front):
    own = {"certificate": front.thumbprint("client"), "certificate_from": "proxy"}
    victim = quote(front.pem("victim"), safe="")

    def passes():
        equal(front.journalled(front.through_nginx("client")), own)
        equal(front.journalled(front.through_nginx()), NONE)

    def same_connection():
        connection = front.through_nginx("client")
        for _ in range(2):
            equal(front.journalled(connection), own)

    def injected():
        for name in [HEADER, HEADER.lower(), HEADER.replace("-", "_")]:
            lie = (name, victim)
            equal(front.journalled(front.through_nginx(), [lie]), NONE, name)
            equal(front.journalled(front.through_nginx(), [lie, lie]), NONE, name)
            equal(front.journalled(front.through_nginx("client"), [lie]), own, name)

    def past():
        lie = (HEADER, victim)
        equal(front.journalled(front.past_nginx(), [lie]), {"certificate_ignored": "not_from_a_proxy"})
        equal(front.journalled(front.past_nginx()), NONE)

    cases.claim("nginx: a certificate that a client shows to nginx is the request's", passes)
    cases.claim("nginx: it is with each request of the connection", same_connection)
    cases.claim("nginx: S-43: a client cannot say its certificate in a header", injected)
    cases.claim("nginx: S-43: past nginx the header says nothing", past)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    cases = Cases()
    try:
        with tempfile.TemporaryDirectory() as folder, Front(folder) as front:
            run(cases, front)
    except Exception as error:
        cases.fail("nginx serves the whole run", error)
    return cases.finish()


sys.exit(main())
