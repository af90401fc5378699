"""The front door: one ordered list of what makes the app."""

from pathlib import Path

from flask import Flask, g, request, url_for

from kit.web import addresses, elsewhere, pages, transactions
from kit.web.house import House, furnish
from licences import seats
from licences.guard import Declaration, declaration, viewer_or_none
from licences.people.kinds import Role
from licences.people.viewer import Viewer
from licences.web import (
    account,
    account_email,
    account_steps,
    account_sure,
    papers,
    passkey_door,
    pay_pages,
    paying,
    programme_pages,
    second_step,
    sign_in_links,
    staff_invoice_file,
    staff_lost_steps,
    staff_notices,
    staff_payee,
    terms_of_use,
    told,
    welcome,
)
from licences.web import invitations as invitation_pages
from licences.web import organisation as organisation_pages
from licences.web import staff as licence_staff
from materials.web import shelf as shelf_pages
from materials.web import staff as material_staff
from portal import errors, security
from portal.former import LeadingOn
from portal.navigation import navigation
from portal.settings import Settings
from portal.web import developers, door, health, home, legal, staff
from portal.wiring import make_gateway, make_house

STATIC_YEAR = 365 * 24 * 3600
# Where lower floors lead that know nothing of the upper ones.
ELSEWHERE = {
    "sign in": "door.sign_in",
    "sign out": "door.sign_out",
    "home": "home.home",
    "help": "home.help_page",
    "library": "shelf.library",
    "all materials": "material_staff.materials",
    "new material": "material_staff.new_material",
    "what a person may take": "material_staff.answers",
    "mails": "staff.all_mails",
    "licence-terms": "legal.licence_terms",
    "data-processing-agreement": "legal.data_processing",
}


class NoGuard(Exception):
    """A view without a guard, or one that may write on a GET: the portal does not start."""


def create_app(settings: Settings, house: House | None = None) -> Flask:
    """Makes the app. Raises `NoGuard` when a view has no declaration of who may come in."""
    app = Flask("portal", root_path=str(Path(__file__).parent), static_folder="static")
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = STATIC_YEAR
    app.extensions["settings"] = settings
    furnish(app, house or make_house(settings))
    addresses.init_app(app)
    elsewhere.init_app(app, ELSEWHERE)
    pages.init_app(app)
    transactions.init_app(app)
    security.init_app(app, settings)
    paying.furnish(app, make_gateway(settings))
    errors.init_app(app)
    for screen in (
        home, door, health, legal, developers, staff,
        sign_in_links, passkey_door, second_step, account, account_email, account_steps, account_sure,
        programme_pages, invitation_pages, welcome, terms_of_use, organisation_pages, paying, papers, pay_pages,
        licence_staff, staff_lost_steps, staff_payee, staff_invoice_file, staff_notices, shelf_pages, material_staff,
    ):  # fmt: skip
        app.register_blueprint(screen.blueprint())
    security.csrf.exempt(messages := told.blueprint())  # signed by who sends them, as no form is
    app.register_blueprint(messages)
    app.context_processor(lambda: _context(settings))
    app.jinja_env.globals["legal_html"] = legal.as_html
    _check_guards(app)
    if settings.former_public_urls:
        app.wsgi_app = LeadingOn(app.wsgi_app, settings.former_public_urls, settings.public_url)  # type: ignore[method-assign]
    return app


def _context(settings: Settings) -> dict[str, object]:
    """What every page's frame shows."""
    viewer = viewer_or_none()
    brand = {"name": settings.brand_name, "tagline": settings.brand_tagline, "help_email": settings.help_email}
    return {
        "brand": brand | {"logo_url": "", "stylesheet_url": ""},
        "viewer": viewer,
        "account_url": "" if viewer and viewer.acted_by else url_for("account.account"),
        "stop_acting_url": url_for("licence_staff.stop_post"),
        "navigation": navigation(viewer, request.path, delivers=_manager_delivers(viewer)),
        "is_demo": not settings.is_production,
        "collects": settings.collects,
        "demo_mail_url": settings.demo_mail_url,
    }


def _manager_delivers(viewer: Viewer | None) -> bool:
    """Asked for managers alone: what the others see in the navigation follows from their role."""
    if viewer is None or viewer.role is not Role.MANAGER:
        return False
    if "viewer_delivers" not in g:  # each field of a form is drawn as a template of its own, and would ask anew
        g.viewer_delivers = seats.delivers(transactions.db(), viewer.person_id, viewer.organisation_id)
    return bool(g.viewer_delivers)


def _check_guards(app: Flask) -> None:
    """No declaration, no start. Static files are declared here, once: they are the same for everybody."""
    setattr(app.view_functions["static"], "__guard__", Declaration("public"))  # noqa: B010 - mypy knows no attributes of functions
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if declaration(view) is None:
            raise NoGuard(f"{rule.rule} ({rule.endpoint}) does not say who may come in")
        if transactions.is_writing(view) and "GET" in (rule.methods or ()):
            raise NoGuard(f"{rule.rule} ({rule.endpoint}) answers GET and is marked as writing")
