"""Statement uploads: a multipart form checked against a model, like any other body."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from functions.api.multipart import read_form, require_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.event_handler.api_gateway import Router

    from functions.api.multipart import Upload

Model = TypeVar("Model", bound=BaseModel)


def read_upload(
    router: Router, model: type[Model], query: Mapping[str, str | None]
) -> tuple[Upload, Model]:
    """Return the file and the fields of the form being sent.

    Args:
        router: The router answering the request.
        model: What the fields must be.
        query: Fields given as query parameters; the form's own come first.

    Raises:
        InvalidInput: No form, or no file in it.
        RequestValidationError: A field is not what the model says.
    """
    form = read_form(router.current_event.raw_event)
    upload = require_file(form)
    # Forms send empty text for what was left empty: absent, not zero.
    given = {name: ("query", value) for name, value in query.items() if value}
    given |= {name: ("body", value) for name, value in form.fields.items() if value}
    try:
        return upload, model.model_validate({name: value for name, (_, value) in given.items()})
    except ValidationError as error:
        raise RequestValidationError(
            [
                {**one, "loc": (given.get(str(one["loc"][0]), ("body",))[0], *one["loc"])}
                for one in error.errors(include_url=False)
            ]
        ) from None
