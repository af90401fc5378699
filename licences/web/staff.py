"""Staff screens of programmes, organisations, people and licences: one list of their addresses."""

from flask import Blueprint

from licences.web import staff_acting as acting
from licences.web import staff_collecting as collecting
from licences.web import staff_imports as imports
from licences.web import staff_invoices as invoices
from licences.web import staff_licences as licences
from licences.web import staff_merges as merges
from licences.web import staff_orders as orders
from licences.web import staff_organisations as organisations
from licences.web import staff_people as people
from licences.web import staff_programmes as programmes
from licences.web import staff_quotes as quotes
from licences.web import staff_register as register
from licences.web import staff_renewals as renewals
from licences.web import staff_seats as seats
from licences.web import staff_splits as splits


def blueprint() -> Blueprint:
    """The staff screens. A page and the form on it share an address."""
    made = Blueprint("licence_staff", __name__, url_prefix="/admin", template_folder="../templates")
    _programmes(made)
    _organisations(made)
    _people(made)
    _licences(made)
    acting.add_to(made)
    collecting.add_to(made)
    imports.add_to(made)
    orders.add_to(made)
    invoices.add_to(made)
    renewals.add_to(made)
    quotes.add_to(made)
    merges.add_to(made)
    splits.add_to(made)
    return made


def _programmes(made: Blueprint) -> None:
    made.get("/programmes")(programmes.programme_list)
    made.get("/programmes/new")(programmes.new_programme)
    made.post("/programmes/new")(programmes.new_programme_post)
    made.get("/programmes/<int:programme_id>")(programmes.one_programme)
    made.post("/programmes/<int:programme_id>")(programmes.one_programme_post)


def _organisations(made: Blueprint) -> None:
    made.get("/organisations")(organisations.organisation_list)
    made.get("/organisations.csv")(organisations.organisations_csv)
    made.get("/organisations/look-up")(register.look_up)
    made.get("/organisations/new")(organisations.new_organisation)
    made.post("/organisations/new")(organisations.new_organisation_post)
    made.get("/organisations/<int:organisation_id>")(organisations.one_organisation)
    made.get("/organisations/<int:organisation_id>/edit")(organisations.edit_organisation)
    made.post("/organisations/<int:organisation_id>/edit")(organisations.edit_organisation_post)
    made.get("/organisations/<int:organisation_id>/people/new")(people.new_person)
    made.post("/organisations/<int:organisation_id>/people/new")(people.new_person_post)


def _people(made: Blueprint) -> None:
    made.get("/people")(people.people_list)
    made.get("/people.csv")(people.people_csv)
    made.get("/people/<int:person_id>")(people.one_person)
    made.get("/people/<int:person_id>/edit")(people.edit_person)
    made.post("/people/<int:person_id>/edit")(people.edit_person_post)
    made.post("/people/<int:person_id>/password-link")(people.send_link_post)
    made.get("/people/<int:person_id>/accreditation")(people.accreditation)
    made.post("/people/<int:person_id>/accreditation")(people.accreditation_post)


def _licences(made: Blueprint) -> None:
    made.get("/licences/new")(licences.new_licence)
    made.post("/licences/new")(licences.new_licence_post)
    made.get("/licences/<int:licence_id>")(licences.one_licence)
    made.get("/licences/<int:licence_id>/period")(licences.new_period)
    made.post("/licences/<int:licence_id>/period")(licences.new_period_post)
    made.get("/licences/<int:licence_id>/suspend")(licences.suspend)
    made.post("/licences/<int:licence_id>/suspend")(licences.suspend_post)
    made.get("/licences/<int:licence_id>/restore")(licences.restore)
    made.post("/licences/<int:licence_id>/restore")(licences.restore_post)
    made.get("/licences/<int:licence_id>/seats")(seats.change_seats)
    made.post("/licences/<int:licence_id>/seats")(seats.change_seats_post)
    made.post("/licences/<int:licence_id>/seats/give")(seats.give_seat_post)
    made.get("/licences/<int:licence_id>/seats/<int:person_id>/release")(seats.release_seat)
    made.post("/licences/<int:licence_id>/seats/<int:person_id>/release")(seats.release_seat_post)
