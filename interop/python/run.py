"""Clients that others wrote, from PyPI, against `prokura dev`. See ../README.md. `run.py oauth mcp_sdk` runs these two parts only."""

import importlib
import signal
import sys

sys.dont_write_bytecode = True

from cases import Cases  # noqa: E402
from prokura import Prokura  # noqa: E402

PARTS = ["oauth", "identity", "device", "mcp_sdk", "mcp_person", "admin_api"]


def main(wanted):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    cases = Cases()
    try:
        with Prokura() as prokura:
            for part in PARTS:
                if not wanted or part in wanted:
                    getattr(importlib.import_module(part), part)(cases, prokura)
    except Exception as error:
        cases.fail("prokura dev serves the whole run", error)
    return cases.finish()


sys.exit(main(sys.argv[1:]))
