"""What the environment says, typed and checked when the process starts."""

from __future__ import annotations

import os
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Names of a deployment's resources.

    Each function is given only the names it may use; asking for another fails with a message
    that names the variable.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    books_table: str = Field(default="", pattern=r"^[A-Za-z0-9_.-]*$")
    reconciliations_table: str = Field(default="", pattern=r"^[A-Za-z0-9_.-]*$")
    idempotency_table: str = Field(default="", pattern=r"^[A-Za-z0-9_.-]*$")
    tokens_table: str = Field(default="", pattern=r"^[A-Za-z0-9_.-]*$")
    statements_bucket: str = ""
    records_bucket: str = ""
    workflow_arn: str = Field(default="", pattern=r"^(arn:.+:states:.+)?$")
    stage: Literal["development", "production"] = "development"

    @classmethod
    def from_environment(cls) -> Settings:
        """Return the settings in the ``TIEOUT_`` variables.

        Raises:
            pydantic.ValidationError: A variable is not of its form.
        """
        prefix = "TIEOUT_"
        return cls(
            **{
                name.removeprefix(prefix).lower(): value
                for name, value in os.environ.items()
                if name.startswith(prefix)
            }
        )
