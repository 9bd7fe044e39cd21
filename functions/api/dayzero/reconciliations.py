"""Day Zero's reconciliations: opening, listing, completing, undoing them."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from functions.api.answers import READ_ERRORS, WRITE_ERRORS, answer, documented, no_content
from functions.api.calls import call_of
from functions.api.dayzero.parameters import (
    LIMIT_DEFAULT,
    BusinessId,
    Cursor,
    Id,
    LedgerFilter,
    Limit,
)
from functions.api.dayzero.schemas import (
    CompleteRequest,
    ReconciliationCreateRequest,
    ReconciliationList,
    ReconciliationResponse,
    ReconciliationTerms,
    UploadForm,
    UploadUrlRequest,
    UploadUrlResponse,
)
from functions.api.dayzero.views import envelope, enveloped, moment, view_reconciliation
from functions.api.forms import read_upload
from functions.api.paging import page_by_cursor
from functions.api.routing import new_router
from shared.application import reconciliations as use_cases
from shared.application import review
from shared.application.statements import request_upload
from shared.errors import InvalidInput
from shared.ids import read_id
from shared.reconciliation.model import Reconciliation, Terms

router = new_router()

TAGS = ["reconciliations"]

FormField = Annotated[str | None, Query(description="May stand in the form instead")]


@router.post(
    "/reconciliations",
    summary="Create reconciliation",
    description="Create a new bank reconciliation (with S3 key). Use this endpoint if you've "
    "already uploaded the statement to S3. For direct file upload, use POST "
    "/reconciliations/upload instead.",
    operation_id="create_reconciliation_api_v1_reconciliations_post",
    tags=TAGS,
    status_code=201,
    responses=documented(201, ReconciliationResponse, *WRITE_ERRORS),
)
def create(
    business_id: BusinessId, request: Annotated[ReconciliationCreateRequest, Body()]
) -> Response[str]:
    """Open a reconciliation of a statement in S3, or of lines imported before."""
    call = call_of(router)
    business = call.act_for(str(business_id), "write")
    terms = _terms(request)
    ledger_id = str(request.ledger_id)
    if request.source_type == "plaid":
        opened = use_cases.reconcile_imported(
            call.stores,
            call.principal,
            business,
            ledger_id,
            request.start_date.date(),
            request.end_date.date(),
            terms,
            call.now,
        )
    else:
        opened = use_cases.reconcile_statement_key(
            call.stores,
            call.principal,
            business,
            ledger_id,
            _key_of(request),
            request.statement_filename,
            terms,
            call.now,
        )
    return _show(201, "Reconciliation created.", opened)


@router.post(
    "/reconciliations/upload",
    summary="Upload a statement and reconcile it",
    description="Every field but the file may stand in the form or in the query. Dates and "
    "balances left out are read from the statement. For files over 4 MB use POST "
    "/reconciliations/upload-url.",
    tags=TAGS,
    status_code=201,
    responses=documented(201, ReconciliationResponse, *WRITE_ERRORS, 413),
)
def upload(
    business_id: BusinessId,
    ledger_id: FormField = None,
    start_date: FormField = None,
    end_date: FormField = None,
    opening_balance: FormField = None,
    closing_balance: FormField = None,
    auto_start: FormField = None,
) -> Response[str]:
    """Take in a statement file and open its reconciliation."""
    call = call_of(router)
    business = call.act_for(str(business_id), "write")
    file, form = read_upload(
        router,
        UploadForm,
        {
            "ledger_id": ledger_id,
            "start_date": start_date,
            "end_date": end_date,
            "opening_balance": opening_balance,
            "closing_balance": closing_balance,
            "auto_start": auto_start,
        },
    )
    opened = use_cases.reconcile_upload(
        call.stores,
        call.principal,
        business,
        str(form.ledger_id),
        file.filename,
        file.data,
        _terms(form),
        call.now,
    )
    return _show(201, "Statement received, reconciliation created.", opened)


@router.post(
    "/reconciliations/upload-url",
    summary="Ask for a presigned upload",
    description="For files of any size: PUT the file to the URL in the answer before it expires; "
    "its reconciliation starts when it arrives.",
    tags=TAGS,
    status_code=201,
    responses=documented(201, UploadUrlResponse, *WRITE_ERRORS),
)
def upload_url(
    business_id: BusinessId, request: Annotated[UploadUrlRequest, Body()]
) -> Response[str]:
    """Announce a file and return where to put it."""
    call = call_of(router)
    business = call.act_for(str(business_id), "write")
    announced = request_upload(
        call.stores,
        call.principal,
        business,
        str(request.ledger_id),
        request.filename,
        _terms(request),
        call.now,
    )
    fields = {
        "statement_id": announced.statement.id,
        "statement_s3_key": announced.statement.s3_key,
        "upload": {
            "url": announced.url,
            "method": announced.method,
            "headers": announced.headers,
            "expires_at": moment(announced.expires_at),
            "max_bytes": announced.max_bytes,
        },
    }
    return answer(201, enveloped(201, "PUT the file to the URL before it expires.", fields))


@router.get(
    "/reconciliations",
    summary="List reconciliations",
    description="Newest first.",
    tags=TAGS,
    responses=documented(200, ReconciliationList, *READ_ERRORS),
)
def find(
    business_id: BusinessId,
    ledger_id: LedgerFilter = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
) -> Response[str]:
    """List reconciliations."""
    call = call_of(router)
    business = call.act_for(str(business_id), "read")
    only = str(ledger_id) if ledger_id else None
    page, next_cursor = page_by_cursor(
        use_cases.list_reconciliations(call.stores, business, only),
        lambda one: one.number,
        limit,
        cursor,
        ("reconciliations", business, only),
        newest_first=True,
    )
    return answer(
        200,
        {
            **envelope(200, f"{len(page)} reconciliations."),
            "data": [view_reconciliation(one) for one in page],
            "next_cursor": next_cursor,
        },
    )


@router.get(
    "/reconciliations/<reconciliation_id>",
    summary="Get reconciliation",
    tags=TAGS,
    responses=documented(200, ReconciliationResponse, *READ_ERRORS),
)
def get(business_id: BusinessId, reconciliation_id: Id) -> Response[str]:
    """Return one reconciliation."""
    call = call_of(router)
    business = call.act_for(str(business_id), "read")
    found = use_cases.look_up(call.stores, business, _id(reconciliation_id))
    return _show(200, f"Reconciliation {found.sequence_number}.", found)


@router.post(
    "/reconciliations/<reconciliation_id>/retry",
    summary="Start or retry reconciliation",
    description="Starts a pending one, or a failed one anew.",
    tags=TAGS,
    status_code=201,
    responses=documented(201, ReconciliationResponse, *WRITE_ERRORS),
)
def retry(business_id: BusinessId, reconciliation_id: Id) -> Response[str]:
    """Start a pending reconciliation or a failed one anew."""
    call = call_of(router)
    business = call.act_for(str(business_id), "write")
    started = use_cases.retry(
        call.stores, call.principal, business, _id(reconciliation_id), call.now
    )
    return _show(201, "Processing started.", started)


@router.post(
    "/reconciliations/<reconciliation_id>/complete",
    summary="Complete reconciliation",
    description="Locks the reconciliation and marks its transactions reconciled. 409 names what "
    "stands in the way while the balance is not proven.",
    tags=TAGS,
    status_code=201,
    responses=documented(201, ReconciliationResponse, *WRITE_ERRORS),
)
def complete(
    business_id: BusinessId,
    reconciliation_id: Id,
    request: Annotated[CompleteRequest | None, Body()] = None,
) -> Response[str]:
    """Complete a proven reconciliation."""
    call = call_of(router)
    business = call.act_for(str(business_id), "approve")
    done = review.complete(
        call.stores,
        call.principal,
        business,
        _id(reconciliation_id),
        request.skip_balance_check if request else False,
        call.now,
    )
    locked = done.status == "completed"
    return _show(201, "Completed and locked." if locked else "Completion is under way.", done)


@router.delete(
    "/reconciliations/<reconciliation_id>",
    summary="Delete reconciliation",
    description="Undoes its matches and leaves statement lines and transactions as they were.",
    tags=TAGS,
    status_code=204,
    responses=documented(204, None, *WRITE_ERRORS),
)
def delete(business_id: BusinessId, reconciliation_id: Id) -> Response[str]:
    """Undo a reconciliation that is not completed."""
    call = call_of(router)
    business = call.act_for(str(business_id), "approve")
    use_cases.cancel(
        call.stores,
        call.principal,
        business,
        _id(reconciliation_id),
        call.now,
        allow_completed=False,
    )
    return no_content()


def _id(text: str) -> str:
    return read_id(text, "reconciliation", "")


def _show(status: int, message: str, one: Reconciliation) -> Response[str]:
    return answer(status, enveloped(status, message, view_reconciliation(one)))


def _key_of(request: ReconciliationCreateRequest) -> str:
    if request.statement_s3_key is None:
        raise InvalidInput(
            "Field required, unless source_type is plaid.",
            loc=("body", "statement_s3_key"),
            kind="missing",
        )
    return request.statement_s3_key


def _terms(given: ReconciliationTerms | UploadForm) -> Terms:
    return Terms(
        period_start=given.start_date.date() if given.start_date else None,
        period_end=given.end_date.date() if given.end_date else None,
        opening_balance_minor=given.opening_balance,
        closing_balance_minor=given.closing_balance,
        auto_start=given.auto_start,
    )
