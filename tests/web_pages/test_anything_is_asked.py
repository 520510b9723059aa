"""Whatever is asked of an address that the OpenAPI document names, the answer is one that the document promises.

Schemathesis makes the questions out of our own document, asks a running server, and judges each answer: never a 5xx,
always a documented status, media type and schema, and what breaks the document's rules is refused.
"""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from onhand.web.server import describe_api
from tests.web_pages.conftest import Served

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    missing_required_header,
    unsupported_method,
]
ENDLESS = "/api/v1/stream"
"""Its answer does not end: tests/web_pages/test_stream.py asks it."""

SHARE = 10
"""An address gets one of so many examples of the profile: there are two dozen of them, in two ways each."""

DOCUMENT = describe_api()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
# Where nothing may be asked, nothing can be asked wrongly.
ASKED = [
    pytest.param(SCHEMA[path][method], mode, id=f"{method} {path} {mode.value}")
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if path != ENDLESS and (operation.get("parameters") or mode is GenerationMode.POSITIVE)
]


def examples() -> int:
    """Return how many questions of a kind an address gets."""
    profile = settings.default
    assert profile is not None
    return max(5, profile.max_examples // SHARE)


@pytest.mark.parametrize(("operation", "mode"), ASKED)
def test_every_answer_is_one_that_the_document_promises(
    still: Served, operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode
) -> None:
    @settings(max_examples=examples(), suppress_health_check=list(HealthCheck))
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        response = case.call(base_url=still.url)
        case.validate_response(response, checks=CHECKS)

    ask()
