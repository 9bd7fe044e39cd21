"""AQNT's statement import: the lines wait for a run."""

from aws_lambda_powertools.event_handler import Response

from functions.api.answers import WRITE_ERRORS, documented
from functions.api.aqnt.envelope import BusinessHeader, business_of, enveloped, read_account
from functions.api.aqnt.schemas import ImportAnswer, ImportForm
from functions.api.aqnt.views import view_statement
from functions.api.calls import call_of
from functions.api.dialects import Dialect
from functions.api.forms import read_upload
from functions.api.routing import new_router
from shared.application.statements import upload_statement

router = new_router()


@router.post(
    "/import",
    summary="Import bank statement",
    description="Takes in a CSV or OFX file for an account. Its transactions are matched by the "
    "next POST /reconcile over their period. The same file again changes nothing.",
    tags=["aqnt: bank reconciliation"],
    status_code=201,
    responses=documented(201, ImportAnswer, *WRITE_ERRORS, 413),
)
def import_statement(business_id: BusinessHeader = None) -> Response[str]:
    """Take in a statement file."""
    call = call_of(router)
    business = business_of(call, business_id, "write")
    file, form = read_upload(router, ImportForm, {})
    taken = upload_statement(
        call.stores,
        call.principal,
        business,
        read_account(form.account_id, "body"),
        file.filename,
        file.data,
        call.now,
    )
    return enveloped(
        call, 201, view_statement(taken), {"reconcile": f"{Dialect.AQNT.value}/reconcile"}
    )
