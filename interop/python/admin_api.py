"""schemathesis against the admin API, made from the server's own description of it."""

import base64
import json
import subprocess
import sys
import time
from pathlib import Path

import requests
from cases import equal
from joserfc.jwk import ECKey
from jsonschema import Draft202012Validator

SECONDS_MAX = 90
EXAMPLES = 30
# It wants 2xx for whatever the schema admits. Schemas do not say what members mean together (a jwks goes with private_key_jwt only) or that an end lies ahead.
EXCLUDED = "positive_data_acceptance"
# Members of a new client depend on one another too much for chance, and so do those of a grant, which is of something that a place knows, of a type of details and of a capability,
# which have a schema inside, and of a question to policies: `_clients`, `_grants`, `_detail_types` and `_capabilities` make them on purpose.
TYPES = "/admin/v1/detail-types"
CAPABILITIES = "/admin/v1/capabilities"
# The fuzzer finds administrators in what it lists, and would end the one whose token it uses: this one is fuzzed by itself, where it knows none, and `_administrators` uses it.
ENDS_ITSELF = "/admin/v1/administrators/{id}/revoke"
APPROVALS = "/admin/v1/approvals/{id}"
NOT_BY_CHANCE = [
    *[f"GET {APPROVALS}", f"POST {APPROVALS}/cancel", "POST /admin/v1/clients", "POST /admin/v1/grants", f"POST {TYPES}", "POST /admin/v1/policies/explain"],
    *(f"{method} {TYPES}/{{id}}" for method in ["GET", "PUT", "DELETE"]),
    *(f"{method} {CAPABILITIES}/{{id}}" for method in ["PUT", "DELETE"]),
]


def admin_api(cases, prokura):
    found = {}
    cases.claim("schemathesis: every operation of the admin API answers as its description says, and never with 5xx", lambda: _fuzz(prokura, found))
    cases.claim("schemathesis: every operation was reached with data that it took", lambda: _reached(found))
    cases.claim("a new client of each method is answered as the description says", lambda: _clients(prokura))
    cases.claim("a grant is made, narrowed, shown and taken back as the description says", lambda: _grants(prokura))
    cases.claim("a type of authorization details is made, shown, replaced and taken back as the description says", lambda: _detail_types(prokura))
    cases.claim("a capability is entered, asked about and taken out as the description says", lambda: _capabilities(prokura))
    cases.claim("an approval is shown and called off as the description says", lambda: _approvals(prokura))
    cases.claim("an administrator is made and ended as the description says", lambda: _administrators(prokura))
    cases.claim("after all that and a restart the doctor finds nothing, and a new client gets a token", lambda: _well(prokura))


def _fuzz(prokura, found):
    described = requests.get(f"{prokura.ready['admin']['api']}/openapi.json", timeout=10).json()
    operations = sum(len(methods) for methods in described["paths"].values())
    alone = _run(prokura, ["--include-path", ENDS_ITSELF], 1)
    found.update(_run(prokura, ["--exclude-path", ENDS_ITSELF], operations - 1))
    print(f"# {alone['test_cases']['generated'] + found['test_cases']['generated']} requests to {operations} operations in {found['running_time']:.0f} s")


def _run(prokura, which, operations):
    """What schemathesis found at these operations: nothing."""
    report = prokura.folder / "schemathesis.json"
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        *["run", f"{prokura.ready['admin']['api']}/openapi.json"],
        *["--header", f"Authorization: Bearer {prokura.ready['admin']['token']}"],
        *which,
        *["--exclude-checks", EXCLUDED, "--max-examples", str(EXAMPLES), "--seed", "1", "--generation-database", "none"],
        *["--report", "json", "--report-json-path", str(report), "--no-color"],
    ]
    ended = subprocess.run(command, cwd=prokura.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS_MAX)
    if not report.exists():
        raise AssertionError(f"no report: {ended.stdout} {ended.stderr}")
    found = json.loads(report.read_text())
    report.unlink()
    equal((found["operations"]["tested"], found["operations"]["errored"]), (operations, 0))
    if ended.returncode != 0 or found["failures"] or found["errors"]:
        raise AssertionError(ended.stdout[ended.stdout.find("FAILURES") :])
    return found


def _reached(found):
    never = [
        operation
        for operation, phases in found["valid_rates"].items()
        if operation not in NOT_BY_CHANCE and not any(phase["accepted"] for phase in phases.values())
    ]
    equal(never, [])
    equal(len(found["valid_rates"]), found["operations"]["selected"])


def _clients(prokura):
    described = requests.get(f"{prokura.ready['admin']['api']}/openapi.json", timeout=10).json()["paths"]["/admin/v1/clients"]["post"]
    schemas = [described["requestBody"], described["responses"]["201"]]
    asked, answered = [Draft202012Validator(part["content"]["application/json"]["schema"]) for part in schemas]
    key = ECKey.generate_key("P-256", auto_kid=True).as_dict(private=False)
    for method, more in [("client_secret_basic", {}), ("client_secret_post", {}), ("private_key_jwt", {"jwks": {"keys": [key]}})]:
        body = {"client_name": f"By {method}", "token_endpoint_auth_method": method, "grant_types": ["client_credentials"], **more}
        asked.validate(body)
        made = prokura.admin("POST", "/clients", body)
        answered.validate(made)
        equal("client_secret" in made, method != "private_key_jwt")
        again = prokura.admin("GET", f"/clients/{made['client_id']}")
        answered.validate(again)
        assert "client_secret" not in again, "a secret is shown once"


def _grants(prokura):
    paths = requests.get(f"{prokura.ready['admin']['api']}/openapi.json", timeout=10).json()["paths"]
    schema = lambda part: Draft202012Validator(part["content"]["application/json"]["schema"])
    body = {"client_name": "Has grants", "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"]}
    client = prokura.admin("POST", "/clients", body)["client_id"]
    created = paths["/admin/v1/grants"]["post"]
    of_api = {"client_id": client, "resources": [prokura.resource("http")], "scope": "api:read api:write"}
    root = None
    for more in [{"depth": 1}, {"scope": "api:read"}]:
        asked = {**of_api, **more, **({"parent": root} if root else {})}
        schema(created["requestBody"]).validate(asked)
        made = prokura.admin("POST", "/grants", asked)
        schema(created["responses"]["201"]).validate(made)
        root = root or made["id"]
    above = paths["/admin/v1/grants/{id}/revoke"]["post"]["responses"]["200"]
    schema(above).validate(prokura.admin("POST", f"/grants/{root}/revoke"))
    told = prokura.admin("GET", f"/grants/{root}")
    schema(paths["/admin/v1/grants/{id}"]["get"]["responses"]["200"]).validate(told)
    equal(told["status"], "revoked")


def _detail_types(prokura):
    paths = requests.get(f"{prokura.ready['admin']['api']}/openapi.json", timeout=10).json()["paths"]
    name = "urn:example:payment"
    in_path = "~" + base64.urlsafe_b64encode(name.encode()).rstrip(b"=").decode()
    members = {"type": {"const": name}, "amount": {"type": "integer"}}
    schema = {"type": "object", "properties": members, "required": ["type", "amount"], "additionalProperties": False}
    words = {"name": "Payments", "words": {"en": "pay {amount}"}, "schema": schema, "narrowing": {"amount": "at_most"}}
    for method, path, body, status in [
        ("post", "", {"type": name, **words}, "201"),
        ("get", "", None, "200"),
        ("get", "/{id}", None, "200"),
        ("put", "/{id}", {**words, "name": "Paying"}, "200"),
        ("delete", "/{id}", None, "200"),
    ]:
        described = paths[f"{TYPES}{path}"][method]
        if body:
            Draft202012Validator(described["requestBody"]["content"]["application/json"]["schema"]).validate(body)
        answer = prokura.admin(method.upper(), f"/detail-types{path.replace('{id}', in_path)}", body)
        Draft202012Validator(described["responses"][status]["content"]["application/json"]["schema"]).validate(answer)
    assert name not in json.dumps(prokura.admin("GET", "/detail-types")), "it is gone"


def _capabilities(prokura):
    paths = requests.get(f"{prokura.ready['admin']['api']}/openapi.json", timeout=10).json()["paths"]
    amount = {"type": "object", "properties": {"amount": {"type": "integer"}}, "required": ["amount"], "additionalProperties": False}
    words = {"description": "Give money back.", "approval_strength": "session", "input_schema": amount}
    policies = '@id("refunds") permit(principal, action == Action::"refund", resource) when { context.input.amount < 100 };'
    question = {"principal": {"type": "User", "id": "alice"}, "action": "refund", "resource": {"type": "Resource", "id": "https://shop.example/"}, "input": {"amount": 99}}
    for method, path, name, body in [
        ("put", f"{CAPABILITIES}/{{id}}", "refund", words),
        ("post", "/admin/v1/policies/explain", None, {"policies": policies, "question": question}),
        ("delete", f"{CAPABILITIES}/{{id}}", "refund", None),
    ]:
        described = paths[path][method]
        if body:
            Draft202012Validator(described["requestBody"]["content"]["application/json"]["schema"]).validate(body)
        answer = prokura.admin(method.upper(), path.removeprefix("/admin/v1").replace("{id}", name or ""), body)
        Draft202012Validator(described["responses"]["200"]["content"]["application/json"]["schema"]).validate(answer)
        if "question" in (body or {}):
            equal((answer["answer"], answer["decided"]), ("permit", ["refunds"]))
    assert "refund" not in [capability["name"] for capability in prokura.admin("GET", "/capabilities")["capabilities"]], "it is gone"


def _approvals(prokura):
    paths = requests.get(f"{prokura.ready['admin']['api']}/openapi.json", timeout=10).json()["paths"]
    device = prokura.admin(
        "POST",
        "/clients",
        {"client_name": "Television", "token_endpoint_auth_method": "none", "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"]},
    )
    asked = requests.post(f"{prokura.issuer}/oauth2/device_authorization", data={"client_id": device["client_id"]}, timeout=10)
    equal(asked.status_code, 200)
    name = next(approval["id"] for approval in prokura.admin("GET", "/approvals")["approvals"] if approval["client_id"] == device["client_id"])
    for method, path, above in [("get", f"/approvals/{name}", APPROVALS), ("post", f"/approvals/{name}/cancel", f"{APPROVALS}/cancel")]:
        described = paths[above][method]["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator(described).validate(prokura.admin(method.upper(), path))


def _administrators(prokura):
    made = prokura.admin("POST", "/administrators", {"name": "For a while", "reach": "tenant"})
    path = f"{prokura.ready['admin']['api']}/clients"
    headers = {"Authorization": f"Bearer {made['token']}"}
    equal(requests.get(path, headers=headers, timeout=10).status_code, 200)
    prokura.admin("POST", f"/administrators/{made['id']}/revoke")
    equal(requests.get(path, headers=headers, timeout=10).status_code, 401)


def _well(prokura):
    prokura.restart()
    equal(requests.get(f"{prokura.issuer}/health/ready", timeout=10).status_code, 200)
    equal(prokura.admin("GET", "/doctor")["state"], "ok")
    # Among what it took were policies that permit nobody anything, and they count.
    prokura.admin("PUT", "/policies", {"policies": '@id("open") permit(principal, action, resource);', "capabilities": []})
    resource = f"https://{time.time_ns()}.example/"  # what the demo has may be disabled by now
    prokura.admin("POST", "/resources", {"resource": resource, "resource_name": "New", "scopes": {"read": "Read"}})
    client = prokura.admin(
        "POST",
        "/clients",
        {
            "client_name": "New",
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["client_credentials"],
            "scope": "read",
            "resources": [resource],
        },
    )
    answer = requests.post(
        f"{prokura.issuer}/oauth2/token",
        data={"grant_type": "client_credentials", "resource": resource},
        auth=(client["client_id"], client["client_secret"]),
        timeout=10,
    )
    equal((answer.status_code, answer.json().get("scope")), (200, "read"))
