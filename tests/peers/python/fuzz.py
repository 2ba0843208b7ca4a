"""Lets schemathesis send to a daemon whatever its OpenAPI document allows and forbids, and holds the
answers against the document.

usage: fuzz.py FOLDER EXAMPLES SECONDS SEED

FOLDER holds what is needed and gets what is written:

    openapi.yml   the document
    values.json   by the name of a parameter, values that mean something to the daemon
    target.json   {"url": ..., "token": ...}

EXAMPLES is how many requests are made up for each operation. Where SECONDS is not 0, more are made up until
so much time has passed. What comes of a SEED is the same each time, but for what time alone decides.

What is asked of each answer: it is no failure of the server; its status, its media type and its headers
are documented; its body has the documented shape, and no member more. Not asked:

* that what breaks a schema is refused, and what keeps one is accepted: clients may write integers,
  booleans and lists in several ways, what an operation does not know is ignored, and there are rules that
  no schema can say.
* that a request without its token is refused: a test walks over all routes for that.
* what comes of orders of requests: tests of each resource say what follows what.
"""

import json
import pathlib
import subprocess
import sys

import yaml

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]


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


def operations(document):
    for methods in document["paths"].values():
        yield from methods.values()


def tighten(document):
    """What a test may know and a client must not rely on: nothing joins the answers unannounced."""
    for schema in document["components"]["schemas"].values():
        close(schema)
    for operation in operations(document):
        for response in operation["responses"].values():
            for content in response.get("content", {}).values():
                close(content["schema"])


def enrich(document, values):
    """Parameters name what is there, most of the time: made up, they would name nothing."""
    for operation in operations(document):
        for parameter in operation.get("parameters", []):
            known = values.get(parameter["name"])
            if known and parameter["in"] == "header":
                parameter["schema"] = {"enum": known}
            elif known:
                parameter["schema"] = {"anyOf": [{"enum": known}, parameter["schema"]]}


def main(folder, examples, seconds, seed):
    folder = pathlib.Path(folder)
    document = yaml.safe_load((folder / "openapi.yml").read_text(encoding="utf-8"))
    target = json.loads((folder / "target.json").read_text(encoding="utf-8"))
    tighten(document)
    enrich(document, json.loads((folder / "values.json").read_text(encoding="utf-8")))
    tightened = folder / "tightened.json"
    tightened.write_text(json.dumps(document), encoding="utf-8")
    command = [
        sys.executable,
        "-I",
        "-m",
        "schemathesis.cli",
        "run",
        str(tightened),
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
        command.append(f"--max-time={seconds}")
    return subprocess.run(command, cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
