"""Lets schemathesis send to a daemon whatever its OpenAPI document allows and forbids, and holds the
answers against the document.

usage: fuzz.py FOLDER EXAMPLES SECONDS SEED

FOLDER holds what is needed and gets what is written:

    openapi.yml   the document
    values.json   by the name of a parameter, values that mean something to the daemon; by an operation,
                  values for it alone: then it is kept away from those of the others, which outlive it
    target.json   {"url": ..., "token": ..., "own": [...], "login": [...]}; `own` are ids that the run itself
                  needs, `login` a login with its password
    answers.json  by operation, how often it was answered with which status

EXAMPLES is how many requests are made up for each operation. Where SECONDS is not 0, more are made up until
so much time has passed. The same SEED makes up the same requests, but for the values that name something.

What is asked of each answer: it is no failure of the server; its status, its media type and its headers
are documented; its body has the documented shape, and no member more. Not asked:

* that what breaks a schema is refused, and what keeps one is accepted: clients may write integers,
  booleans and lists in several ways, what an operation does not know is ignored, and there are rules that
  no schema can say.
* that a request without its token is refused: a test walks over all routes for that.
* what comes of orders of requests: tests of each resource say what follows what.

One thing is not sent: a path or query that names what the run itself needs, such as its session. What is
made up comes upon that in lists, and would end the run by logging it out.
"""

import atexit
import base64
import itertools
import json
import os
import pathlib
import sys

import schemathesis
import schemathesis.cli
import yaml

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]


# The id of nothing.
NOBODY = "f1f1f1f1-f1f1-4f1f-8f1f-f1f1f1f1f1f1"


def close(schema):
    """Lets an object have the members that it is said to have, and no others."""
    if isinstance(schema, list):
        for one in schema:
            close(one)
    elif isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            schema.setdefault("additionalProperties", False)
            for one in schema["properties"].values():
                close(one)
        for keyword in ("items", "additionalProperties", "anyOf"):
            close(schema.get(keyword))


def tighten(document):
    """What a test may know and a client must not rely on: nothing joins the answers unannounced."""
    for schema in document["components"]["schemas"].values():
        close(schema)
    for methods in document["paths"].values():
        for operation in methods.values():
            for response in operation["responses"].values():
                for content in response.get("content", {}).values():
                    close(content["schema"])


def enrich(document, values):
    """Parameters name what is there, most of the time: made up, they would name nothing."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            own = values.get(f"{method.upper()} {path}", {})
            for parameter in operation.get("parameters", []):
                known = own.get(parameter["name"], values.get(parameter["name"]))
                if known and parameter["in"] == "header":
                    parameter["schema"] = {"enum": known}
                elif known:
                    parameter["schema"] = {"anyOf": [{"enum": known}, parameter["schema"]]}


def label(case):
    return f"{case.operation.method.upper()} {case.operation.path}"


def guide(target, values):
    """Keeps requests away from what the run, or other operations, need; lets every other login be right."""
    own = set(target["own"])
    kept = {value for known in values.values() if isinstance(known, list) for value in known}
    logins = itertools.cycle([True, False])
    basic = base64.b64encode(":".join(target["login"]).encode()).decode()

    @schemathesis.hook
    def before_call(context, case, kwargs):
        untouchable = own | kept if label(case) in values else own
        for parameters in (case.path_parameters, case.query):
            for name, value in (parameters or {}).items():
                if str(value).lower() in untouchable:
                    parameters[name] = NOBODY
        if label(case) == "POST /token" and next(logins):
            case.headers["Authorization"] = f"Basic {basic}"


def count():
    """Keeps account of the answers; it is written at the end, however that comes."""
    answers = {}

    @schemathesis.hook
    def after_call(context, case, response):
        if case.method.upper() == case.operation.method.upper():
            statuses = answers.setdefault(label(case), {})
            status = str(response.status_code)
            statuses[status] = statuses.get(status, 0) + 1

    def write():
        pathlib.Path("answers.json").write_text(json.dumps(answers), encoding="utf-8")

    atexit.register(write)


def main(folder, examples, seconds, seed):
    folder = pathlib.Path(folder)
    os.chdir(folder)
    document = yaml.safe_load(pathlib.Path("openapi.yml").read_text(encoding="utf-8"))
    target = json.loads(pathlib.Path("target.json").read_text(encoding="utf-8"))
    tighten(document)
    values = json.loads(pathlib.Path("values.json").read_text(encoding="utf-8"))
    enrich(document, values)
    pathlib.Path("tightened.json").write_text(json.dumps(document), encoding="utf-8")
    guide(target, values)
    count()
    arguments = [
        "run",
        "tightened.json",
        f"--url={target['url']}",
        f"--header=X-Auth-Token: {target['token']}",
        f"--checks={','.join(CHECKS)}",
        "--phases=examples,coverage,fuzzing",
        f"--max-examples={examples}",
        f"--seed={seed}",
        "--generation-database=none",
        "--max-redirects=0",
        "--suppress-health-check=all",
        "--warnings=off",
        "--request-timeout=30",
        "--continue-on-failure",
        "--no-color",
    ]
    if seconds != "0":
        arguments.append(f"--max-time={seconds}")
    schemathesis.cli.schemathesis(arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
