"""Validates an RO-Crate without a network: `python crate.py FOLDER PROFILE SEVERITY`.

The validator asks the web for the JSON-LD context that the crate names. Here it gets the copy that
rocrate 0.9.0 carries, which is that of RO-Crate 1.1, and nothing else. Prints what fails; exit code 1 if
anything does.
"""

import io
import sys
import urllib.request
from email.message import Message
from importlib.resources import files
from urllib.error import URLError
from urllib.response import addinfourl

import requests
from rocrate_validator import models, services
from rocrate_validator.utils.http import HttpRequester

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
DOCUMENT = (files("rocrate") / "data" / "ro-crate.jsonld").read_bytes()


class OneDocument(urllib.request.HTTPSHandler):
    """Answers what asks through urllib: rdflib."""

    def https_open(self, request):
        if request.full_url != CONTEXT:
            raise URLError(f"{request.full_url}: there is no network here")
        headers = Message()
        headers["Content-Type"] = "application/ld+json"
        return addinfourl(io.BytesIO(DOCUMENT), headers, CONTEXT, 200)


def get(_, url, **__):
    """Answers what asks through requests: the validator itself."""
    if url != CONTEXT:
        raise requests.ConnectionError(f"{url}: there is no network here")
    response = requests.Response()
    response.status_code, response.url, response._content = 200, url, DOCUMENT
    response.headers["Content-Type"] = "application/ld+json"
    return response


def main(folder, profile, severity):
    urllib.request.install_opener(urllib.request.build_opener(OneDocument))
    HttpRequester.get = get
    result = services.validate(
        services.ValidationSettings(
            rocrate_uri=folder,
            profile_identifier=profile,
            requirement_severity=getattr(models.Severity, severity.upper()),
            skip_availability_check=True,
        )
    )
    for issue in result.get_issues():
        print(f"{issue.severity.name} {issue.check.identifier} {issue.violatingEntity}: {issue.message}")
    return 1 if result.has_issues() else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
