"""Staff change the words of a mail, look at it first, and go back."""

from tests.world import STAFF, World


def test_words_are_looked_at_saved_and_put_back(world: World) -> None:
    staff, page = world.browser(STAFF), "/admin/mails/words/payables"
    assert 'href="/admin/mails/words"' in staff.get("/admin/mails").text
    assert f'href="{page}"' in staff.get("/admin/mails/words").text
    assert "[link to pay]" in staff.get(page).text
    words = {"subject": "Bill [invoice number]", "text": "Dear [name],\r\n\r\n<b>Pay</b> [to pay] here: [link to pay]"}
    shown = staff.post(page, words | {"preview": "yes"})
    assert shown.status_code == 200
    assert "Bill SB-0117" in shown.text
    assert "&lt;b&gt;Pay&lt;/b&gt; £1,380.00 here: https://portal.example/pay/" in shown.text
    for text, told in (
        ("[link to pay]\n[amuont]", "Line 2: [amuont] is not known in this mail."),
        ("Dear [name]", "[link to pay] is missing"),
        ("", "Write the text"),
    ):
        refused = staff.post(page, words | {"text": text})
        assert (refused.status_code, told in refused.text) == (400, True), told
    assert "As they came" in staff.get("/admin/mails/words").text
    assert "Changed by" not in staff.get("/admin/mails/words").text, "nothing is saved by looking or by a fault"
    assert staff.post(page, words).status_code == 303
    assert "Changed by Ruth Vaughan" in staff.get("/admin/mails/words").text
    assert "Go back to the original" in staff.get(page).text
    assert staff.post(f"{page}/original").status_code == 303
    assert "Changed by" not in staff.get("/admin/mails/words").text
    trail = staff.get("/admin/audit").text
    assert "Mail words changed" in trail
    assert "Mail words put back" in trail
    for missing in ("/admin/mails/words/nothing", "/admin/mails/words/welcome"):
        assert staff.get(missing).status_code == 404
