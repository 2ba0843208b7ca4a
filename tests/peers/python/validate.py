"""Says whether documents of an API are valid: Swagger 2.0 or OpenAPI 3, as they say themselves.

usage: validate.py FILE...

Fails when one is not. Also prints each document as JSON, one a line, as this reader of YAML sees it.
"""

import json
import sys

import yaml
from openapi_spec_validator import OpenAPIV2SpecValidator, OpenAPIV30SpecValidator


def main(paths):
    wrong = 0
    for path in paths:
        with open(path, encoding="utf-8") as file:
            document = yaml.safe_load(file)
        if document.get("swagger") == "2.0":
            validator = OpenAPIV2SpecValidator(document)
        elif str(document.get("openapi")).startswith("3.0."):
            validator = OpenAPIV30SpecValidator(document)
        else:
            sys.exit(f"{path} says of no version that is known here")
        for error in validator.iter_errors():
            wrong += 1
            where = "/".join(str(part) for part in error.absolute_path)
            print(f"{path}: {where}: {error.message[:2000]}", file=sys.stderr)
        print(json.dumps(document))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
