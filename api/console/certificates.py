"""Certificates at the console: each group with its mode, its certificate, its share and the evidence about it."""

import math
from collections.abc import Sequence

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from activities.auditing import AuditCount, count_audits
from activities.certificates import list_certificates, void_certificate
from activities.rollout import GroupState, read_moves, read_states
from activities.stores import read_policy
from api.console.knowledge import AtDesk, Desk, FormAtDesk
from api.console.sessions import HOME
from domain.certificates import Certificate
from domain.errors import BadInput
from domain.evidence import ACTS_AT
from domain.groups import Group, group_of
from domain.policies import COLD_START_KEY, StorePolicy
from domain.values import Value
from domain.vocabulary import SendMode

PLACE = f"{HOME}/certificates"
router = APIRouter(prefix=PLACE, include_in_schema=False)
MAX_REASON = 500
SHOWN_MOVES = 20
SHOWN_VOID = 20
DONE = {"voided": "The certificate is void: its groups go to review from the next query on."}


class Bet(Value):
    """An e-value as a bar: from 1/20 at the left over 1 in the middle to 20, where it acts, at the right."""

    value: float
    start: float
    width: float


class GroupRow(Value):
    """One line of the page: a certified pool, or a group without a certificate."""

    members: tuple[Group, ...]
    modes: tuple[SendMode, ...]
    """One where all members have the same."""
    threshold: float | None
    certificate: Certificate | None
    share: int | None
    drawn: int
    labelled: int
    evidence: GroupState | None = None

    @property
    def alarm(self) -> Bet | None:
        """The evidence that too many are wrong."""
        return bet_of(self.evidence.alarm) if self.evidence else None

    @property
    def merit(self) -> Bet | None:
        """The evidence that fewer are wrong than promised."""
        return bet_of(self.evidence.merit) if self.evidence else None


def bet_of(value: float) -> Bet:
    """The bar of an e-value, on a scale of 100."""
    place = 50 + 50 * max(-1.0, min(1.0, math.log(max(value, 1e-9)) / math.log(ACTS_AT)))
    return Bet(value=value, start=round(min(50.0, place), 1), width=round(abs(place - 50), 1))


def rows_of(
    policy: StorePolicy,
    certificates: Sequence[Certificate],
    states: Sequence[GroupState],
    counts: Sequence[AuditCount],
) -> list[GroupRow]:
    """Certified pools first, then every group from which anything was drawn. Pure."""
    known = {state.group_key: state for state in states}
    audits = {count.group_key: count for count in counts}
    rows = [_certified(policy, one, known.get(one.group_key), audits) for one in certificates]
    covered = {member for one in certificates for member in one.members}
    return rows + [_plain(policy, group_of(key), known, audits[key]) for key in sorted(audits.keys() - covered)]


def _certified(
    policy: StorePolicy, one: Certificate, state: GroupState | None, audits: dict[str, AuditCount]
) -> GroupRow:
    members = tuple(group_of(key) for key in one.members)
    found = [audits[key] for key in one.members if key in audits]
    return GroupRow(
        members=members,
        modes=tuple(sorted({policy.mode_of(member.intent, member.language) for member in members})),
        threshold=one.threshold,
        certificate=one,
        share=state.share if state else policy.rollout_share,
        drawn=sum(each.drawn for each in found),
        labelled=sum(each.labelled for each in found),
        evidence=state if state and state.labels else None,
    )


def _plain(policy: StorePolicy, group: Group, known: dict[str, GroupState], count: AuditCount) -> GroupRow:
    mode = policy.mode_of(group.intent, group.language)
    state = known.get(COLD_START_KEY) if mode is SendMode.COLD_START else None
    share = (state.share if state else policy.rollout_share) if mode is SendMode.COLD_START else None
    threshold = policy.threshold if mode is not SendMode.CERTIFIED else None
    return GroupRow(
        members=(group,),
        modes=(mode,),
        threshold=threshold,
        certificate=None,
        share=share,
        drawn=count.drawn,
        labelled=count.labelled,
        evidence=state if state and state.labels else None,
    )


@router.get("")
async def show_certificates(desk: AtDesk, done: str = "") -> Response:
    """The groups, what is in force, and what moved lately."""
    return await certificates_page(desk, said=DONE.get(done))


@router.post("/void")
async def void(at_desk: FormAtDesk) -> Response:
    """Lets a certificate count no more."""
    desk, fields = at_desk
    reason = fields.get("reason", "").strip()
    if not 0 < len(reason) <= MAX_REASON:
        error = BadInput(f"Say why, in up to {MAX_REASON} characters.")
        return await certificates_page(desk, refusal=error.message, status=error.status)
    certificate_id = fields.get("certificate_id", "")
    await void_certificate(desk.parts.database, desk.store, certificate_id, reason=reason, by=desk.seat.agent.name)
    return RedirectResponse(f"{PLACE}?store={desk.store}&done=voided", 303)


async def certificates_page(
    desk: Desk, *, said: str | None = None, refusal: str | None = None, status: int = 200
) -> Response:
    """The page, with why something was not done."""
    database, store = desk.parts.database, desk.store
    policy = await read_policy(database, store)
    certificates = await list_certificates(database, store)
    valid = [one for one in certificates if one.valid]
    counts, states = await count_audits(database, store), await read_states(database, store)
    return desk.show(
        "certificates.html",
        status,
        rows=rows_of(policy, valid, states, counts),
        policy=policy,
        moves=await read_moves(database, store, most=SHOWN_MOVES),
        void=[one for one in certificates if not one.valid][:SHOWN_VOID],
        said=said,
        refusal=refusal,
    )
