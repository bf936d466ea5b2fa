"""Starts `prokura dev` on a port of its own choice and ends it, whatever happens."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import requests

READY_SECONDS_MAX = 30
END_SECONDS_MAX = 10
TRIES_MAX = 5  # ports are shared with everything on the machine


class Prokura:
    """A data folder and at most one server on it. `ready` is what the server wrote to its ready file."""

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="prokura-interop-"))
        self.process = None
        self.starts = 0
        try:
            self._serve("127.0.0.1:0")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def restart(self):
        """Ends the server and starts another on the same data, at the port the first was given."""
        port = urlsplit(self.ready["issuer"]).port
        for tries in range(TRIES_MAX):
            self._stop()
            try:
                return self._serve(f"127.0.0.1:{port}")
            except RuntimeError:
                if tries + 1 == TRIES_MAX:
                    raise
                time.sleep(0.2)  # somebody has the port for a moment

    @property
    def issuer(self):
        return self.ready["issuer"]

    def client(self, method):
        """A demo client of the ready file."""
        return next(c for c in self.ready["clients"] if c["token_endpoint_auth_method"] == method and not c["introspects"])

    @property
    def introspector(self):
        return next(c for c in self.ready["clients"] if c["introspects"])

    def resource(self, kind):
        """The identifier of a demo resource, which is its URL too."""
        return next(r["resource"] for r in self.ready["resources"] if r["kind"] == kind)

    def admin(self, method, path, body=None):
        """Calls the admin API and expects it to agree."""
        headers = {"Authorization": f"Bearer {self.ready['admin']['token']}"}
        answer = requests.request(method, self.ready["admin"]["api"] + path, json=body, headers=headers, timeout=10)
        if not answer.ok:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def _serve(self, listen):
        binary = os.environ.get("PROKURA_BIN")
        if not binary:
            raise RuntimeError("PROKURA_BIN does not say where prokura is")
        self.starts += 1
        file = self.folder / f"ready-{self.starts}.json"
        said = self.folder / f"said-{self.starts}"
        command = [binary, "dev", "--listen", listen, "--data", str(self.folder / "data"), "--ready-file", str(file)]
        with said.open("w") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"prokura dev was not ready within {READY_SECONDS_MAX} s, or ended: {said.read_text()}")
            time.sleep(0.02)
        self.ready = json.loads(file.read_text())

    def _stop(self):
        process, self.process = self.process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(END_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
