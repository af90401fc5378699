"""Disputes: a customer's bank takes the money back, and somebody wins. Opened and decided on the control page only."""

from sandbox.stripe.account import Account, Object
from sandbox.stripe.arithmetic import DAY
from sandbox.stripe.refusals import bad_request
from sandbox.stripe.routes import offers

ANSWER_DAYS = 14

offers("dispute", "/v1/disputes/{dispute}", "charge payment_intent")


def open_dispute(account: Account, charge_id: str) -> Object:
    """A bank disputes a succeeded charge; the money is gone until it is won."""
    charge = account.get("charge", charge_id)
    if charge["status"] != "succeeded" or charge["disputed"]:
        raise bad_request("Only a succeeded charge can be disputed, and only once.")
    row = account.new(
        "dispute", "dp", amount=charge["amount"], currency="gbp", charge=charge["id"], reason="general",
        payment_intent=charge["payment_intent"], status="needs_response", is_charge_refundable=False, metadata={},
        evidence={"enhanced_evidence": {}}, evidence_details={
            "due_by": account.now + ANSWER_DAYS * DAY, "has_evidence": False, "past_due": False, "submission_count": 0,
            "enhanced_eligibility": {}, "submission_method": "not_submitted"},
    )  # fmt: skip
    charge["disputed"] = True
    account.tell("charge.dispute.created", row)
    account.tell("charge.dispute.funds_withdrawn", row)
    return row


def decide(account: Account, identity: str, won: bool) -> Object:
    """The bank decides for us or for its customer."""
    row = account.get("dispute", identity)
    if row["status"] in ("won", "lost"):
        raise bad_request(f"This dispute is {row['status']} already.")
    row["status"] = "won" if won else "lost"
    account.tell("charge.dispute.closed", row)
    if won:
        account.tell("charge.dispute.funds_reinstated", row)
    return row
