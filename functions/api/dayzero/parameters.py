"""Headers, path and query parameters that Day Zero's routes share."""

import uuid
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

LIMIT_DEFAULT = 50
LIMIT_MAX = 1000

BusinessId = Annotated[
    uuid.UUID, Header(alias="x-business-id", description="The business to act for")
]
Id = Annotated[str, Path(description="UUID, or the same id as another dialect writes it")]
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Records of one page at most")]
Cursor = Annotated[
    str | None, Query(description="next_cursor of the page before, with the same filters")
]
LedgerFilter = Annotated[uuid.UUID | None, Query(description="Only of this ledger")]
